from django.urls import path, register_converter
from django.urls.converters import StringConverter

from vps.views import bulk, people, power, remarks, team_links, teams, walls
from vps.views import token as one
from vps.views.audit import audit, audit_lines
from vps.views.board import board, cards
from vps.views.console import console, console_beat, console_close, console_live, console_ticket
from vps.views.health import healthz, metrics, readyz
from vps.views.login import login, login_clear, login_reveal
from vps.views.machine import machine, machine_forget, machine_live
from vps.views.menu import machine_menu
from vps.views.theme import theme
from vps.views.tokens import token_add, tokens
from vps.views.wall import wall, wall_key, wall_live


class Id(StringConverter):
    """What can be an id at the provider. Anything else is no address of ours: 404, and no database is asked."""

    regex = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"


register_converter(Id, "id")
MACHINE = "machines/<id:project>/<id:product>/"
BULK = "bulk/<uuid:bulk_id>/"
OWN = "tokens/<uuid:token_id>/"
TEAM = "teams/<uuid:team_id>/"
PERSON = "people/<int:person_id>/"

urlpatterns = [
    path("", board, name="board"),
    path("cards/", cards, name="cards"),
    path(MACHINE, machine, name="machine"),
    path(f"{MACHINE}live/", machine_live, name="machine_live"),
    path(f"{MACHINE}menu/", machine_menu, name="machine_menu"),
    path(f"{MACHINE}forget/", machine_forget, name="machine_forget"),
    path(f"{MACHINE}protect/", remarks.machine_protect, name="machine_protect"),
    path(f"{MACHINE}unprotect/", remarks.machine_unprotect, name="machine_unprotect"),
    path(f"{MACHINE}expected/", remarks.machine_expected, name="machine_expected"),
    path(f"{MACHINE}tags/", remarks.machine_tags, name="machine_tags"),
    path(f"{MACHINE}notes/", remarks.machine_notes, name="machine_notes"),
    path(f"{MACHINE}keeper/", remarks.machine_keeper, name="machine_keeper"),
    path(f"{MACHINE}login/", login, name="login"),
    path(f"{MACHINE}login/reveal/", login_reveal, name="login_reveal"),
    path(f"{MACHINE}login/clear/", login_clear, name="login_clear"),
    path(f"{MACHINE}start/", power.power_start, name="power_start"),
    path(f"{MACHINE}shutdown/", power.power_shutdown, name="power_shutdown"),
    path(f"{MACHINE}reboot/", power.power_reboot, name="power_reboot"),
    path(f"{MACHINE}force-stop/", power.power_force_stop, name="power_force_stop"),
    path(f"{MACHINE}console/", console, name="console"),
    path(f"{MACHINE}console/live/", console_live, name="console_live"),
    path(f"{MACHINE}console/ticket/", console_ticket, name="console_ticket"),
    path(f"{MACHINE}console/<uuid:session>/beat/", console_beat, name="console_beat"),
    path(f"{MACHINE}console/<uuid:session>/close/", console_close, name="console_close"),
    path("bulk/", bulk.bulk, name="bulk"),
    path(BULK, bulk.bulk_show, name="bulk_show"),
    path(f"{BULK}confirm/", bulk.bulk_confirm, name="bulk_confirm"),
    path(f"{BULK}next/", bulk.bulk_next, name="bulk_next"),
    path(f"{BULK}stop/", bulk.bulk_stop, name="bulk_stop"),
    path("tokens/", tokens, name="tokens"),
    path("tokens/add/", token_add, name="token_add"),
    path(OWN, one.token, name="token"),
    path(f"{OWN}rename/", one.token_rename, name="token_rename"),
    path(f"{OWN}replace/", one.token_replace, name="token_replace"),
    path(f"{OWN}check/", one.token_check, name="token_check"),
    path(f"{OWN}forget/", one.token_forget, name="token_forget"),
    path(f"{OWN}projects/", one.token_project_add, name="token_project_add"),
    path(f"{OWN}projects/<id:project>/remove/", one.token_project_remove, name="token_project_remove"),
    path(f"{OWN}machines/", one.token_machine_add, name="token_machine_add"),
    path("teams/", teams.teams, name="teams"),
    path("teams/add/", teams.team_add, name="team_add"),
    path("teams/join/", team_links.team_join, name="team_join"),
    path("teams/join/<key:key>/", team_links.team_join_key, name="team_join_key"),
    path(TEAM, teams.team, name="team"),
    path(f"{TEAM}rename/", teams.team_rename, name="team_rename"),
    path(f"{TEAM}delete/", teams.team_delete, name="team_delete"),
    path(f"{TEAM}leave/", teams.team_leave, name="team_leave"),
    path(f"{TEAM}coverage/", teams.coverage, name="team_coverage"),
    path(f"{TEAM}members/<int:member_id>/role/", teams.member_role, name="member_role"),
    path(f"{TEAM}members/<int:member_id>/remove/", teams.member_remove, name="member_remove"),
    path(f"{TEAM}invite/", team_links.team_invite, name="team_invite"),
    path(
        f"{TEAM}invitations/<uuid:invitation_id>/withdraw/",
        team_links.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path(f"{TEAM}share/", team_links.team_share, name="team_share"),
    path(f"{TEAM}walls/", walls.team_walls, name="team_walls"),
    path(f"{TEAM}walls/<uuid:wall_id>/revoke/", walls.wall_revoke, name="wall_revoke"),
    path("wall/", wall, name="wall"),
    path("wall/live/", wall_live, name="wall_live"),
    path("wall/<key:key>/", wall_key, name="wall_key"),
    path("shares/<int:share_id>/withdraw/", team_links.share_withdraw, name="share_withdraw"),
    path("people/", people.people, name="people"),
    path("people/add/", people.person_add, name="person_add"),
    path(PERSON, people.person, name="person"),
    path(f"{PERSON}disable/", people.person_disable, name="person_disable"),
    path(f"{PERSON}enable/", people.person_enable, name="person_enable"),
    path(f"{PERSON}reset/", people.person_reset, name="person_reset"),
    path(f"{PERSON}admin/give/", people.person_admin_give, name="person_admin_give"),
    path(f"{PERSON}admin/take/", people.person_admin_take, name="person_admin_take"),
    path("audit/", audit, name="audit"),
    path("audit/lines.csv", audit_lines, name="audit_lines"),
    path("theme/", theme, name="theme"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
