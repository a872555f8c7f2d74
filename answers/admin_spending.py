"""The admin's page on what was spent on models: each day's tokens and cost, of the whole app, people and keys."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from answers.budget import WHOLE_APP
from answers.models import TokensSpent
from answers.options import daily_tokens
from answers.spending import cost_in_words, name_of, share_of, spending_now
from qabot.admin_site import LookOnly
from qabot.local_numbers import grouped


class SubjectFilter(admin.SimpleListFilter):
    title = _("who")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("app", gettext("Whole app")),
            ("indexing", gettext("Indexing")),
            ("user", gettext("People")),
            ("key", gettext("API keys")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "app":
            return queryset.filter(subject=WHOLE_APP)
        return queryset.filter(subject__startswith=self.value()) if self.value() else queryset


class SpendingAdmin(LookOnly, admin.ModelAdmin):
    change_list_template = "admin/answers/tokensspent/change_list.html"
    list_display = ["day", "who", "tokens_used", "cost", "share"]
    list_display_links = None
    list_filter = [SubjectFilter]
    date_hierarchy = "day"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TokensSpent]:
        return TokensSpent.objects.with_names()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"title": _("Spending"), "sums": spending_now(daily_tokens())}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    @admin.display(description=_("who"), ordering="subject")
    def who(self, spent: Any) -> str:
        return name_of(spent)

    @admin.display(description=_("tokens"), ordering="tokens")
    def tokens_used(self, spent: TokensSpent) -> str:
        return grouped(spent.tokens)

    @admin.display(description=_("cost"), ordering="cost_microdollars")
    def cost(self, spent: TokensSpent) -> str:
        return cost_in_words(spent.cost_microdollars, spent.unpriced_tokens)

    @admin.display(description=_("of the limit"))
    def share(self, spent: TokensSpent) -> str:
        percent = share_of(spent.tokens, daily_tokens().of(spent.subject))
        if percent is None:
            return gettext("no limit")
        return format_html('<progress max="100" value="{}"></progress> {} %', min(percent, 100), percent)
