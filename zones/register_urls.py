from django.urls import path

from zones import notice_views, register_views
from zones import register_list_views as lists

urlpatterns = [
    path("issues/", lists.issues, name="issues"),
    path("issues/board/", lists.issue_board, name="issue_board"),
    path("issues/map/", lists.issue_map, name="issue_map"),
    path("issues/points.json", lists.issue_points, name="issue_points"),
    path("issues/file.<form>", lists.issue_file, name="issue_file"),
    path("issues/views/", lists.issue_view_save, name="issue_view_save"),
    path("issues/views/<int:pk>/delete/", lists.issue_view_delete, name="issue_view_delete"),
    path("issues/bulk/", lists.issue_bulk, name="issue_bulk"),
    path("issues/new/", register_views.issue_new, name="issue_new"),
    path("issues/similar.json", register_views.issue_similar, name="issue_similar"),
    path("issues/rules/", register_views.issue_rules, name="issue_rules"),
    path("issues/<int:pk>/", register_views.issue, name="issue"),
    path("issues/<int:pk>/move/", register_views.issue_move, name="issue_move"),
    path("issues/<int:pk>/change/", register_views.issue_change, name="issue_change"),
    path("issues/<int:pk>/watch/", register_views.issue_watch, name="issue_watch"),
    path("issues/<int:pk>/patrol-photo/", register_views.issue_patrol_photo, name="issue_patrol_photo"),
    path("issues/<int:pk>/sheet/", register_views.issue_sheet, name="issue_sheet"),
    path("issues/<int:pk>/sheet.pdf", register_views.issue_sheet_file, name="issue_sheet_file"),
    path("issues/attachments/<int:pk>/", register_views.issue_attachment, name="issue_attachment"),
    path("issues/photos/<int:pk>/", register_views.issue_photo, name="issue_photo"),
    path("notices/", notice_views.notices, name="notices"),
    path("notices/read/", notice_views.notices_read, name="notices_read"),
    path("notices/mail/", notice_views.notices_mail, name="notices_mail"),
]
