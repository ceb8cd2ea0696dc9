"""Whose every address is. A new address without a row here fails the build.

public: everybody's.  devices: a token's.  keyed: a session or a personal key.  self: the account's own, whatever its role.
accounts: the three administrators', by their separate powers.  staff: pages without an object, each reader's own territory.
town: an object of a territory (or of an account): from another territory it is as if it were not there.
county: objects of the whole county, for the roles that work with them.
"""
from tests.test_house import KEYED_URLS, PUBLIC_URLS, TOKEN_URLS

GROUPS = {
    "public": PUBLIC_URLS,
    "devices": TOKEN_URLS - PUBLIC_URLS,
    "keyed": KEYED_URLS,
    "self": {
        "access_key_revoke", "access_keys", "confirm", "logout", "my_access", "notices", "notices_mail", "notices_read",
        "password_change", "second_app", "second_codes", "second_factor", "second_key",
    },
    "accounts": {
        "account", "account_log", "account_new", "account_password", "account_request_decide", "account_restore",
        "account_rights", "account_second", "account_suspend", "account_unlock", "accounts", "audit", "audit_file", "audit_head",
        "audit_heads", "audit_verify",
    },
    "staff": {
        "assessment_neighbours", "assessment_new", "assessment_points", "assessments", "base_lines", "base_tile", "batches",
        "beats", "bulk_edit", "bulletin_new", "bulletins", "campaign_awards", "campaign_awards_file", "campaign_outlines",
        "campaigns", "checklists", "courtyard_check", "coverage", "coverage_file", "coverage_map", "device_app", "device_invite",
        "device_rescue", "devices", "duties", "duty_calendar", "duty_file", "duty_list", "duty_room", "duty_rules",
        "duty_shares", "effects", "exports", "fairness", "fairness_file", "fulfilment", "gpx_upload", "inspection_file",
        "inspection_spread",
        "inspections", "issue_board", "issue_bulk", "issue_file", "issue_map", "issue_new", "issue_points", "issue_rules",
        "issue_similar", "issue_view_save", "issues", "kind_add", "kinds", "layer_tile", "logs", "make_export", "manager_code",
        "map", "map_legend", "map_search", "moderation", "moderation_home", "my_patrols", "object_download", "object_export",
        "object_list", "object_list_map", "object_neighbours", "object_new", "ogc_guide", "presence", "presence_map",
        "presence_map_data", "proposals", "rate_again", "ratings", "registers", "roster", "roster_print", "rounds", "route_new",
        "rulebook", "save_view", "schemes", "search_page", "shift_reports", "shift_templates", "site_compare", "site_studies",
        "site_study_new", "surveillance", "surveillance_check_file", "surveillance_export_file", "surveillance_exports",
        "surveillance_log", "surveillance_points", "surveillance_purpose", "surveillance_seen", "targets", "teams",
        "upload_imports", "year_plans", "zero_report", "zone_criteria", "zones",
    },
    "town": {
        "apply_import", "assessment", "assessment_answers", "assessment_consult", "assessment_edit", "assessment_meeting",
        "assessment_move", "assessment_print", "assessment_withdraw", "batch", "bulletin", "bulletin_correct", "bulletin_figures",
        "bulletin_file", "bulletin_files", "bulletin_map", "bulletin_move", "bulletin_texts", "candidate", "candidate_answers",
        "candidate_findings", "candidate_move", "check_import", "compound_grade", "configure_import", "delete_view",
        "device_rename", "device_revoke", "discard_import", "duty", "duty_done", "duty_photo", "duty_reason", "duty_take_back",
        "evidence_file", "evidence_remove", "exported_file", "import_draft", "import_report", "inspection",
        "inspection_issues_new", "inspection_photo", "issue", "issue_attachment", "issue_change", "issue_move", "issue_patrol_photo",
        "issue_photo", "issue_sheet", "issue_sheet_file", "issue_view_delete", "issue_watch", "log_entry", "log_photo", "map_details",
        "member_change", "object_edit", "object_page", "object_remove", "object_restore", "presence_place", "proposal",
        "proposal_accept", "received", "received_issue", "received_move", "received_photo", "replay", "replay_data",
        "revert_batch", "roster_copy", "round_propose", "shift", "shift_cancel", "shift_change", "shift_crew", "shift_move",
        "shift_report", "shift_template", "shifts_plan", "surveillance_check", "team", "team_edit", "team_join",
        "team_roster_calendar", "team_roster_file", "zone", "zone_findings", "zone_move", "zone_photo", "zone_photos",
    },
    "county": {
        "campaign", "campaign_map", "campaign_move", "campaign_nominate", "checklist", "checklist_edit", "checklist_move",
        "checklist_version", "effect", "effect_cancel", "effect_file", "effect_map", "kind_edit", "kind_retire", "objection_decide",
        "objection_file", "own_drop", "own_indicator", "own_template", "plan_comparison", "plan_decision", "plan_decision_edit",
        "plan_decision_file", "plan_decision_files", "plan_decision_map", "plan_decision_move", "plan_decision_new",
        "plan_decision_workbook", "plan_run", "plan_run_cancel", "plan_run_file", "plan_run_try", "proposal_decide",
        "proposal_file", "rating_job", "round", "round_completeness", "round_move", "round_notices", "round_reviewed",
        "round_withdraw", "rule_begin", "rule_draft", "rule_edit", "rule_move", "rule_version",
        "scenario", "scenario_demands", "scenario_drop", "scenario_rename", "scenario_run", "scenario_share", "scenario_weights",
        "scenario_weights_drop", "scenario_zone_demand", "scheme", "scheme_copy", "scheme_edit", "scheme_move", "scheme_what_if",
        "scheme_what_if_file", "site_run_cancel", "site_run_file", "site_run_map", "site_run_plan", "site_study",
        "site_study_edit", "surveillance_export_decision", "year_plan",
    },
}  # fmt: skip
OF_A_TOWN = sorted(GROUPS["town"])
# Pages that an administrator may open and that then hold nothing of any place.
OPEN_TO_ADMINISTRATORS = {
    "base_tile", "map", "map_legend", "map_search", "ogc_guide", "search_page", "surveillance_log", "wfs",
}  # fmt: skip
# Words of the records that the auditor is there to read: what was done to accounts, and for what positions were read.
THE_AUDITORS = {"geo.AccountEvent.note", "geo.SurveillanceAccess.note"}
# Which object an address of the group "town" is about, by the beginning of its name (the longest that fits).
OBJECTS = {
    "assessment": "zones.Assessment", "batch": "geo.Batch", "revert_batch": "geo.Batch", "bulletin": "zones.Bulletin",
    "candidate": "zones.Candidate", "evidence": "zones.EvidenceFile", "compound_grade": "geo.Compound", "delete_view": "geo.SavedView",
    "issue_view_delete": "geo.SavedView", "device": "patrol.Device", "duty": "zones.Duty", "duty_photo": "zones.DutyPhoto",
    "inspection": "zones.Inspection", "issue": "zones.Issue", "issue_photo": "zones.IssuePhoto", "issue_attachment": "zones.IssueFile",
    "log": "patrol.LogEntry",
    "map_details": "geo.Compound", "object": "geo.Compound", "presence_place": "geo.Compound", "member_change": "patrol.Membership",
    "proposal": "patrol.PlanProposal", "received": "zones.Feedback", "received_photo": "zones.ReceivedPhoto", "replay": "patrol.Patrol",
    "roster_copy": "patrol.Team", "shifts_plan": "patrol.Team", "team": "patrol.Team", "round_propose": "geo.Compound",
    "shift": "patrol.Shift", "shift_template": "patrol.ShiftTemplate", "surveillance_check": "geo.SurveillancePoint",
    "zone": "zones.RectificationZone", "zone_photo": "zones.ZonePhoto", "import": "geo.ImportDraft", "exported_file": "geo.Job",
    **dict.fromkeys(("apply_import", "check_import", "configure_import", "discard_import"), "geo.ImportDraft"),
}  # fmt: skip
