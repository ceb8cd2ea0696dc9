"""What the public fills in. Every form can be sent without a script; a refused one comes back with all that was typed."""
from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import Division
from geo.uploads import problem_of
from zones import published, receipts
from zones.issue_photos import redrawn
from zones.models import Appeal, Feedback, PublishedGrade
from zones.register_forms import LAT, LON
from zones.register_places import division_at
from zones.register_words import RegisterRefused, guarded
from zones.spam import DoorForm

TEXT_AT_MOST, LONG_AT_MOST = 1000, 2000
UNKEPT = {"autocomplete": "off"}


class TextForm(DoorForm):
    """A text that is guarded, and where the door takes them, pictures."""

    text = forms.CharField(label=gettext_lazy("内容"), widget=forms.Textarea(attrs={"rows": 5}), required=False)
    text_at_most = TEXT_AT_MOST

    def clean_text(self) -> str:
        return self._guarded("text", self.text_at_most, needed=True)

    def _guarded(self, name: str, longest: int, *, needed: bool = False) -> str:
        try:
            return guarded(self.cleaned_data[name], longest, str(self.fields[name].label), needed=needed)
        except RegisterRefused as refused:
            raise forms.ValidationError(str(refused)) from refused


class FeedbackForm(TextForm):
    """Where: a published compound, or a point inside the county, or at least a town."""

    door = "feedback"
    category = forms.ChoiceField(label=gettext_lazy("类别"), choices=[("", gettext_lazy("请选择")), *Feedback.Category.choices])
    town = forms.ChoiceField(label=gettext_lazy("乡镇"), required=False)
    place_name = forms.CharField(label=gettext_lazy("地点"), required=False, help_text=gettext_lazy("例如：某小区2号楼前、某路某口。"))
    lon = forms.FloatField(label=gettext_lazy("经度（WGS-84，度）"), required=False, **LON)
    lat = forms.FloatField(label=gettext_lazy("纬度（WGS-84，度）"), required=False, **LAT)

    def __init__(self, data: QueryDict | None, *, now: datetime, grade: PublishedGrade | None = None, **named):
        super().__init__(data, now=now, **named)
        self.grade, self.division_id = grade, ""
        towns = Division.objects.in_force(self.rules.on).at_level(Division.Level.TOWN).order_by("pk")
        self.fields["town"].choices = [("", _("请选择")), *towns.values_list("pk", "name")]

    def clean_place_name(self) -> str:
        return self._guarded("place_name", 120)

    def clean(self) -> dict:
        said = super().clean()
        lon, lat = said.get("lon"), said.get("lat")
        if (lon is None) != (lat is None) and not {"lon", "lat"} & set(self.errors):
            self.add_error("lon", _("经度和纬度要一起填。"))
        elif lon is not None and lat is not None:
            self.division_id = division_at(self.point, on=self.rules.on)
            if not self.division_id:
                self.add_error("lon", _("这个位置不在本县内。请改正位置，或只选乡镇、写地点。"))
        elif self.grade is None and not said.get("town") and not {"lon", "lat", "town"} & set(self.errors):
            self.add_error("town", _("请选择乡镇，或在地图上点选位置。"))
        self.division_id = self.division_id or said.get("town", "")
        return said

    @property
    def point(self) -> Point | None:
        lon, lat = self.cleaned_data.get("lon"), self.cleaned_data.get("lat")
        return Point(lon, lat, srid=4326) if lon is not None and lat is not None else None


class GradeForm(TextForm):
    """About one published grade. `code` is the manager's, and asked for where only the manager may speak."""

    code = forms.CharField(label=gettext_lazy("管理单位验证码"), required=False, max_length=40, widget=forms.TextInput(attrs=UNKEPT))

    def __init__(self, data: QueryDict | None, *, now: datetime, grade: PublishedGrade, **named):
        super().__init__(data, now=now, **named)
        self.grade = grade


class AppealForm(GradeForm):
    door, text_at_most = "appeal", LONG_AT_MOST
    appellant = forms.ChoiceField(label=gettext_lazy("申诉方"), choices=Appeal.Appellant.choices, widget=forms.RadioSelect)
    field_order = ["appellant", "code", "text"]


class ReplyForm(GradeForm):
    door = "reply"
    field_order = ["code", "text"]


class ReinspectionForm(TextForm):
    door = "reinspection"

    def __init__(self, data: QueryDict | None, *, now: datetime, grade: PublishedGrade, **named):
        super().__init__(data, now=now, **named)
        self.grade = grade


class StatusForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("回执号"), max_length=40, widget=forms.TextInput(attrs=UNKEPT))
    code = forms.CharField(label=gettext_lazy("查询码"), max_length=40, widget=forms.TextInput(attrs=UNKEPT))

    def found(self):
        return receipts.find(self.cleaned_data["number"], self.cleaned_data["code"]) if self.is_valid() else None


def is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def published_grade(public_id: UUID | str) -> PublishedGrade | None:
    """The compound's grade in the newest current publication that tells it, as the public reads it."""
    return published.history(public_id).first()


def pictures_of(request: HttpRequest, form: DoorForm) -> list[tuple[str, bytes]]:
    """The pictures as they may be kept; what is wrong with them is said at the form."""
    figures, uploads = form.rules.figures, request.FILES.getlist("photos")
    try:
        if problem_of(request):
            raise RegisterRefused(_("照片太大，没有收到。请缩小或少选几张。"))
        if len(uploads) > figures.photos_at_most:
            raise RegisterRefused(_("照片最多%(count)d张。") % {"count": figures.photos_at_most})
        return [_picture(each, figures.photo_mb) for each in uploads]
    except RegisterRefused as refused:
        form.add_error(None, str(refused))
        return []


def _picture(upload: UploadedFile, megabytes: int) -> tuple[str, bytes]:
    if upload.size > megabytes * 1024**2:
        raise RegisterRefused(_("照片最大%(mb)d MB。") % {"mb": megabytes})
    return redrawn(upload)
