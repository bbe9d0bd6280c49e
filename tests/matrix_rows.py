"""Who gets which answer at which address: the rights table of the product, spelt out for tests/test_matrix.py.

A line holds the name of a URL, a method, and the answers to twelve people, in five groups:

    anonymous · stranger, admin of another team, removed member · disabled person ·
    viewer, operator, admin, owner of the token (a viewer otherwise), installation admin ·
    holder of a wall link, holder of a revoked one (neither is signed in)

    o  an answer (2xx)                  S  off to the sign-in page      F  forbidden (403)
    r  done, and on to another page     N  not found (404)              B  a bad request (400)
    a  as r or o, once the provider     C  a conflict (409)             -  is not asked: its row says why
       was asked                        G  gone (410)

A line ends with `asks` where one must have said lately who one is. A method without a line is refused by all (405),
after signing in. What is not o, r or a has asked nobody and changed nothing.

Who holds a sign-in link may use it, whoever else they are; its second page is nothing without the first.

The machine, the token, the team and whatever else an address names are the owner's and of the team “Shop”; see
tests/matrix_world.py, where what is posted stands, too.
"""

TABLE = """
board                  GET   S ooo S ooooo SS
cards                  GET   S ooo S ooooo SS
theme                  POST  S rrr S rrrrr SS
healthz                GET   o ooo o ooooo oo
readyz                 GET   o ooo o ooooo oo
metrics                GET   N NNN N NNNNN NN

machine                GET   S NNN S ooooN SS
machine_live           GET   S NNN S ooooN SS
machine_menu           GET   S NNN S ooooN SS
machine_forget         GET   S NNN S FFFFN SS
machine_forget         POST  S NNN S FFFFN SS
power_start            GET   S NNN S FoooN SS
power_start            POST  S NNN S FaaaN SS
power_shutdown         GET   S NNN S FoooN SS
power_shutdown         POST  S NNN S FaaaN SS
power_reboot           GET   S NNN S FoooN SS
power_reboot           POST  S NNN S FaaaN SS
power_force_stop       GET   S NNN S FoooN SS
power_force_stop       POST  S NNN S FaaaN SS  asks
console                GET   S NNN S FoooN SS
console_live           GET   S NNN S FoooN SS
console_ticket         POST  S NNN S FaaaN SS  asks
console_beat           POST  S NNN S FNNoN SS
console_close          POST  S NNN S NNNoN SS
machine_protect        POST  S NNN S FFrrN SS
machine_unprotect      GET   S NNN S FFooN SS
machine_unprotect      POST  S NNN S FFrrN SS
machine_expected       GET   S NNN S FFooN SS
machine_expected       POST  S NNN S FFrrN SS
machine_tags           GET   S NNN S FoooN SS
machine_tags           POST  S NNN S FrrrN SS
machine_notes          GET   S NNN S FoooN SS
machine_notes          POST  S NNN S FrrrN SS
machine_keeper         GET   S NNN S FoooN SS
machine_keeper         POST  S NNN S FrrrN SS
login                  GET   S NNN S FFooN SS
login_reveal           POST  S NNN S FFaaN SS  asks
login_clear            GET   S NNN S FFooN SS
login_clear            POST  S NNN S FFaaN SS  asks

bulk                   POST  S NNN S rrrrN SS
bulk_show              GET   S NNN S NNNoN SS
bulk_confirm           POST  S NNN S NNNrN SS
bulk_next              POST  S NNN S NNNrN SS
bulk_stop              POST  S NNN S NNNrN SS

audit                  GET   S ooo S ooooo SS
audit_lines            GET   S ooo S ooooo SS

tokens                 GET   S ooo S ooooo SS
token_add              POST  S aaa S aaaaa SS  asks
token                  GET   S NNN S NNNoN SS
token_rename           POST  S NNN S NNNrN SS
token_replace          POST  S NNN S NNNaN SS  asks
token_check            POST  S NNN S NNNaN SS
token_forget           GET   S NNN S NNNoN SS
token_forget           POST  S NNN S NNNrN SS  asks
token_project_add      POST  S NNN S NNNaN SS  asks
token_project_remove   POST  S NNN S NNNrN SS  asks
token_machine_add      POST  S NNN S NNNaN SS  asks

teams                  GET   S ooo S ooooo SS
team_add               POST  S rrr S rrrrr SS
team                   GET   S NNN S ooooo SS
team_rename            POST  S NNN S FFrFF SS
team_delete            GET   S NNN S FFoFF SS
team_delete            POST  S NNN S FFrFF SS  asks
team_leave             GET   S NNN S ooooF SS
team_leave             POST  S NNN S rrFrF SS
team_coverage          GET   S NNN S FFoFF SS
member_role            POST  S NNN S FFrFF SS  asks
member_remove          GET   S NNN S FFoFF SS
member_remove          POST  S NNN S FFrFF SS  asks
team_invite            POST  S NNN S FFoFF SS  asks
invitation_withdraw    POST  S NNN S FFrFF SS
team_share             POST  S NNN S ooorF SS  asks
share_withdraw         GET   S NNN S NNNoN SS
share_withdraw         POST  S NNN S NNNrN SS  asks
team_join_key          GET   r rrr r rrrrr rr
team_join              GET   S NNN S NNNNN SS
team_join              POST  S NNN S NNNNN SS

team_walls             GET   S NNN S FFoFF SS
team_walls             POST  S NNN S FFoFF SS  asks
wall_revoke            GET   S NNN S FFoFF SS
wall_revoke            POST  S NNN S FFrFF SS
wall                   GET   N NNN N NNNNN oG
wall_live              GET   N NNN N NNNNN oG
wall_key               GET   r rrr r rrrrr rr

people                 GET   S NNN S NNNNo SS
person_add             GET   S NNN S NNNNo SS
person_add             POST  S NNN S NNNNo SS  asks
person                 GET   S NNN S NNNNo SS
person_disable         GET   S NNN S NNNNo SS
person_disable         POST  S NNN S NNNNr SS  asks
person_enable          GET   S NNN S NNNNo SS
person_enable          POST  S NNN S NNNNr SS  asks
person_reset           GET   S NNN S NNNNo SS
person_reset           POST  S NNN S NNNNo SS  asks
person_admin_give      GET   S NNN S NNNNo SS
person_admin_give      POST  S NNN S NNNNr SS  asks
person_admin_take      GET   S NNN S NNNNo SS
person_admin_take      POST  S NNN S NNNNr SS  asks

signin_link            GET   r rrr r rrrrr rr
signin_link_set        GET   N NNN N NNNNN NN
signin_link_set        POST  N NNN N NNNNN NN

account_login          GET   o rrr o rrrrr oo
account_login          POST  o rrr o rrrrr oo
account_login          PUT   o rrr o rrrrr oo
account_login          DELETE W rrr W rrrrr WW
account_logout         GET   r ooo r ooooo rr
account_logout         POST  r rrr r rrrrr rr
account_inactive       GET   o ooo o ooooo oo
account_reauthenticate GET   S ooo S ooooo SS
account_reauthenticate POST  S ooo S ooooo SS
account_reauthenticate PUT   S ooo S ooooo SS
account_change_password GET  S ooo S ooooo SS
account_change_password POST S ooo S ooooo SS
account_change_password PUT  S ooo S ooooo SS
usersessions_list      GET   S ooo S ooooo SS
usersessions_list      POST  S rrr S rrrrr SS
usersessions_list      PUT   S rrr S rrrrr SS
end_session            POST  S NNN S NNNrN SS

mfa_index              GET   S ooo S ooooo SS
mfa_authenticate       GET   r rrr r rrrrr rr
mfa_authenticate       POST  r rrr r rrrrr rr
mfa_reauthenticate     GET   S rrr S rrror SS
mfa_reauthenticate     POST  S rrr S rrror SS
mfa_reauthenticate_webauthn GET  S orr S rrror SS
mfa_reauthenticate_webauthn POST S rrr S rrrrr SS
mfa_activate_totp      GET   S ooo S oooro SS
mfa_activate_totp      POST  S ooo S oooro SS  asks
mfa_deactivate_totp    GET   S NNN S NNNoN SS
mfa_deactivate_totp    POST  S NNN S NNNrN SS  asks
mfa_view_recovery_codes GET  S NNN S NNNoN SS
mfa_generate_recovery_codes GET  S ooo S ooooo SS
mfa_generate_recovery_codes POST S roo S oooro SS  asks
mfa_add_webauthn       GET   S ooo S ooooo SS
mfa_add_webauthn       POST  S ooo S ooooo SS  asks
mfa_remove_webauthn    GET   S NNN S NNNoN SS
mfa_remove_webauthn    POST  S NNN S NNNrN SS  asks
mfa_login_webauthn     GET   r rrr r rrrrr rr
mfa_login_webauthn     POST  r rrr r rrrrr rr
"""
