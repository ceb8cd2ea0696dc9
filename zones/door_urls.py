from django.urls import path

from zones import door_views as views

urlpatterns = [
    path("supervision/", views.supervision, name="supervision"),
    path("feedback/", views.feedback, name="feedback_door"),
    path("receipts/", views.receipt_status, name="receipt_status"),
    path("compounds/<uuid:public_id>/appeal/", views.appeal, name="appeal_door"),
    path("compounds/<uuid:public_id>/reply/", views.reply, name="reply_door"),
    path("compounds/<uuid:public_id>/reinspection/", views.reinspection, name="reinspection_door"),
]
