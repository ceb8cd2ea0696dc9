from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.models import User
from zones import round_life
from zones.models import Grade
from zones.publication import current, differences
from zones.rounds import RoundSummary, rate
from zones.sentences import sentence

NAMED = 20


class Command(BaseCommand):
    requires_system_checks = ()  # set-up makes them; they would load every page of the web: seconds and 150 MB
    help = "重新计算一个评定期的等级与四无称号；--publish 签发已走完程序的评定期。 Compute a period again; --publish: publish it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--period", required=True, help="2026Q3")
        parser.add_argument("--publish", action="store_true", help=_("不计算，签发公布（须已冻结、审核且异议期已过）"))
        parser.add_argument("--by", metavar="USER", help=_("公布人的账号（县级民警）"))

    def handle(self, *args, period: str, by: str | None, **options) -> None:
        user = _user(by)
        if options["publish"] and user is None:
            raise CommandError(_("公布须写明公布人：--by 账号。"))
        try:
            if options["publish"]:
                published = round_life.publish(period=period, by=user, now=timezone.now())
                self.stdout.write(_("已公布：%(period)s 第%(number)d次。") % {"period": period, "number": published.number})
                return
            summary = rate(period=period, by=user)
            self._tell(summary)
            self._tell_publication(summary)
        except round_life.REFUSALS as refused:
            raise CommandError(str(refused)) from refused

    def _tell(self, summary: RoundSummary) -> None:
        facts = {"period": summary.round.period, "seconds": summary.seconds, "version": summary.round.scheme.version}
        self.stdout.write(_("%(period)s 已计算（标准 %(version)s，%(seconds).2f 秒）：") % facts)
        for colour, count in summary.colours.items():
            self.stdout.write(f"  {Grade.Colour(colour).label} {count}")
        if not summary.is_final:
            self.stdout.write(self.style.WARNING(_("注意：评定期尚未结束，结果只是草稿，不能公布。")))
        if summary.new_count:
            self.stdout.write(_("首次计算的小区：%(count)d 个。") % {"count": summary.new_count})
        self.stdout.write(_("与上次计算相比等级改变：%(count)d 个。") % {"count": summary.changed_count})
        for change in summary.changes[:NAMED]:
            before, after = Grade.Colour(change.before).label, Grade.Colour(change.after).label
            self.stdout.write(f"  {change.name}：{before} → {after}")
            for reason in change.reasons:
                self.stdout.write(f"    {sentence(reason)}")

    def _tell_publication(self, summary: RoundSummary) -> None:
        period = summary.round.period
        if current(period) is None:
            told = _("本期尚未公布。冻结、复核、审核和异议期走完后：manage.py rate --period %(period)s --publish --by 账号")
            self.stdout.write(told % {"period": period})
            return
        found = differences(summary.round)
        self.stdout.write(_("与现行公布不同：%(count)d 个。") % {"count": len(found)})
        for difference in found[:NAMED]:
            labels = [Grade.Colour(colour).label if colour else "—" for colour in (difference.published, difference.computed)]
            self.stdout.write(f"  {difference.name}：{labels[0]} → {labels[1]}")


def _user(username: str | None) -> User | None:
    if username is None:
        return None
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(_("没有账号“%(username)s”。") % {"username": username})
    return user
