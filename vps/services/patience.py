"""How long a collector waits for the database, and the errors that say that it is to be tried again."""

from django.db import InterfaceError, InternalError, OperationalError, connection

# InternalError: PostgreSQL has ended the transaction in whose midst this process was paused (see `be_impatient`).
AWAY = (OperationalError, InterfaceError, InternalError)
DATABASE_PATIENCE = 2.0


def be_impatient() -> None:
    """This process gives a locked or absent database 2 s, so that it ends in time when it is told to."""
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "sqlite":
        options["timeout"] = DATABASE_PATIENCE
    else:
        milliseconds = round(1000 * DATABASE_PATIENCE)
        # who is paused in the midst of a transaction must not keep its locks from all others
        limits = f"-c lock_timeout={milliseconds} -c idle_in_transaction_session_timeout={2 * milliseconds}"
        options |= {"connect_timeout": round(DATABASE_PATIENCE), "options": limits}
    connection.close()
