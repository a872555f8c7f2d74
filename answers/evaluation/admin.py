"""The admin's pages on golden questions and on the runs that asked them.

A golden question holds words of documents: besides Django's permissions, who sees it follows its collection.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from answers.evaluation.admin_columns import EvaluationRunColumns, GoldenQuestionColumns
from answers.evaluation.forms import GoldenQuestionForm, ImportForm
from answers.evaluation.golden_runs import NothingToAsk, start_run
from answers.evaluation.models import EvaluationRun, GoldenQuestion
from answers.evaluation.querysets import GoldenQuestionQuerySet
from answers.evaluation.run_report import chart_of_runs, report_of, usual_other, worker_is_there
from documents.admin import VisibleCollectionFilter
from documents.models import Collection
from qabot.admin_site import FlatDeletion
from qabot.requested import number_in

RESULTS_A_PAGE = 100
RUNS_TO_CHOOSE = 50  # to compare with
RESULTS_OF_A_QUESTION = 10  # latest ones, on the question's page


class LastResultFilter(admin.SimpleListFilter):
    title = _("last result")
    parameter_name = "last"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("passed", gettext("Passed")), ("failed", gettext("Failed")), ("never", gettext("Not asked yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "never":
            return queryset.filter(last_run__isnull=True)
        return queryset.filter(last_passed=self.value() == "passed") if self.value() else queryset


class StartingRuns(admin.ModelAdmin):
    """Who may start a run, and what they are told."""

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Who may have questions asked, which may cost a model's tokens: Django's "can add evaluation run"."""
        return request.user.has_perm("evaluation.add_evaluationrun")

    def start(self, request: HttpRequest, questions: GoldenQuestionQuerySet, *, whole: bool) -> HttpResponse:
        try:
            run = start_run(questions, request.user, whole=whole)
        except NothingToAsk as error:
            self.message_user(request, str(error), messages.WARNING)
            return redirect("admin:evaluation_goldenquestion_changelist")
        if request.user.has_perm("evaluation.view_evaluationrun"):
            return redirect("admin:evaluation_evaluationrun_change", run.pk)
        self.message_user(request, gettext("%(run)s has been started.") % {"run": run}, messages.SUCCESS)
        return redirect("admin:evaluation_goldenquestion_changelist")


@admin.register(GoldenQuestion)
class GoldenQuestionAdmin(GoldenQuestionColumns, StartingRuns, FlatDeletion):
    form = GoldenQuestionForm
    change_list_template = "admin/evaluation/goldenquestion/change_list.html"
    list_display = ["short_question", "asked_of", "expects", "last_result"]
    list_filter = [("collection", VisibleCollectionFilter), LastResultFilter]
    list_select_related = ["collection"]
    list_per_page = 50
    search_fields = ["question", "expected_document", "expected_quote", "expected_text", "note"]
    actions = ["run_selected"]
    readonly_fields = ["saved_from", "created_by", "created_at", "updated_at", "results_so_far"]
    fieldsets = [
        (None, {"fields": ["question", "collection", "answerable"]}),
        (_("Expected"), {"fields": ["expected_document", "expected_quote", "expected_text"]}),
        (
            _("About"),
            {"fields": ["note", "saved_from", "created_by", "created_at", "updated_at", "results_so_far"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> GoldenQuestionQuerySet:
        return GoldenQuestion.objects.visible_to(request.user).with_last_result()

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.import_view)
        return [path("import/", page, name="evaluation_goldenquestion_import"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {
            "title": _("Golden questions"),
            "may_run": self.has_run_permission(request),
            "may_import": self.has_import_permission(request),
        }
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def has_import_permission(self, request: HttpRequest) -> bool:
        """An import adds questions and updates those that are there."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> ModelChoiceField | None:
        if db_field.name == "collection":
            options["queryset"] = Collection.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: GoldenQuestion, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """A CSV file of questions: all of it is saved or nothing."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None, actor=request.user)
        if request.method == "POST" and form.is_valid():
            imported = form.store()
            if imported is not None:
                self.message_user(request, imported.words(), messages.SUCCESS)
                return redirect("admin:evaluation_goldenquestion_changelist")
        context = {**self.admin_site.each_context(request), "title": _("Import golden questions"), "opts": self.opts}
        template = "admin/evaluation/goldenquestion/import.html"
        return TemplateResponse(request, template, {**context, "form": form, "media": self.media})

    @admin.action(description=_("Run the selected golden questions now"), permissions=["run"])
    def run_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        chosen = GoldenQuestion.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        return self.start(request, chosen, whole=False)

    @admin.display(description=_("saved from"))
    def saved_from(self, golden: GoldenQuestion) -> str:
        if golden.source_answer_id is None:
            return "–"
        page = reverse("admin:answers_answer_change", args=[golden.source_answer_id])
        return format_html('<a href="{}">{}</a>', page, _("An answer"))

    @admin.display(description=_("results so far"))
    def results_so_far(self, golden: GoldenQuestion) -> str:
        latest = golden.results.select_related("run").order_by("-pk")[:RESULTS_OF_A_QUESTION]
        lines = [
            (
                "passed" if result.passed else "failed",
                reverse("admin:evaluation_evaluationrun_change", args=[result.run_id]),
                result.run,
                gettext("passed") if result.passed else gettext("failed"),
            )
            for result in latest
        ]
        return format_html_join(", ", '<a class="verdict {}" href="{}">{}: {}</a>', lines) or gettext("Not asked yet")

    class Media:
        css = {"all": ["css/quality.css"]}


@admin.register(EvaluationRun)
class EvaluationRunAdmin(EvaluationRunColumns, StartingRuns, FlatDeletion):
    """Runs are looked at and deleted; a run that is deleted while it is under way stops."""

    change_list_template = "admin/evaluation/evaluationrun/change_list.html"
    list_display = [
        *("started", "state", "by", "questions", "passed", "document", "quote", "text", "answered", "refused"),
        "median_ms",
    ]
    list_select_related = ["started_by"]
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: EvaluationRun | None = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(require_POST(self.start_view))
        return [path("start/", page, name="evaluation_evaluationrun_start"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {
            "title": _("Evaluation runs"),
            "may_run": self.has_run_permission(request),
            "chart": chart_of_runs(),
        }
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Run all golden questions that this person may see."""
        if not self.has_run_permission(request):
            raise PermissionDenied
        return self.start(request, GoldenQuestion.objects.visible_to(request.user), whole=True)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A run: its progress or figures, what got better and worse, its results."""
        run = self.get_object(request, object_id)
        if run is None:
            raise Http404
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        report = report_of(run, _other(run, request.GET.get("with", "")), request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": str(run),
            "opts": self.opts,
            "media": self.media,
            "report": report,
            "page": Paginator(report.results, RESULTS_A_PAGE).get_page(request.GET.get("p")),
            "others": EvaluationRun.objects.finished().exclude(pk=run.pk)[:RUNS_TO_CHOOSE],
            "no_worker": run.busy and not worker_is_there(),
            "may_delete": self.has_delete_permission(request, run),
        }
        return TemplateResponse(request, "admin/evaluation/evaluationrun/run.html", context)


def _other(run: EvaluationRun, chosen: str) -> EvaluationRun | None:
    """The run to compare with: the one chosen, else the usual one; none while a run has no figures of its own."""
    if not run.figures:
        return None
    if (number := number_in(chosen)) is not None:
        return EvaluationRun.objects.finished().exclude(pk=run.pk).filter(pk=number).first()
    return usual_other(run)
