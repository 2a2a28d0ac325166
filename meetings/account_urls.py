"""The addresses of logging in and out, and of one's account."""

from django.urls import path

from meetings import account_views, own_data_views, password_reset_views, sign_on_views, webhook_views

app_name = "account"
urlpatterns = [
    path("login/", account_views.LogIn.as_view(), name="login"),
    path("login/sso/", sign_on_views.begin, name="sign-on"),
    path("login/sso/callback/", sign_on_views.callback, name="sign-on-callback"),
    path("logout/", account_views.LogOut.as_view(), name="logout"),
    path("account/", account_views.account, name="account"),
    path("account/password/", account_views.PasswordChange.as_view(), name="password"),
    path("account/password/reset/", password_reset_views.PasswordResetAsk.as_view(), name="password-reset"),
    path("account/password/reset/sent/", password_reset_views.PasswordResetSent.as_view(), name="password-reset-sent"),
    path(
        "account/password/reset/<uidb64>/<token>/",
        password_reset_views.PasswordResetSet.as_view(),
        name="password-reset-set",
    ),
    path("account/data/", own_data_views.own_data, name="data"),
    path("account/data/file/", own_data_views.own_data_file, name="data-file"),
    path("account/tokens/", account_views.token_create, name="token-create"),
    path("account/tokens/<int:token_id>/revoke/", account_views.token_revoke, name="token-revoke"),
    path("account/webhooks/", webhook_views.webhooks, name="webhooks"),
    path("account/webhooks/<uuid:webhook_id>/", webhook_views.webhook, name="webhook"),
    path("account/deliveries/<uuid:delivery_id>/again/", webhook_views.delivery_again, name="delivery-again"),
]
