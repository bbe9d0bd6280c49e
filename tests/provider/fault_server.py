"""The faults that a provider may show, and the server that shows them.

`FAULTS` is the table: each name with the error that a GET and a POST must end in. `FaultServer` shows one.
"""

from tests.provider.answer_faults import BODY_FAULTS, STATUS_FAULTS
from tests.provider.raw_server import Exchange, Fault, FaultServer
from tests.provider.wire_faults import WIRE_FAULTS

__all__ = ["FAULTS", "Exchange", "Fault", "FaultServer"]

FAULTS: list[Fault] = [*WIRE_FAULTS, *STATUS_FAULTS, *BODY_FAULTS]
