from django.urls import path

from zones import bulletin_views as views

urlpatterns = [
    path("bulletins/", views.bulletins, name="bulletins"),
    path("bulletins/new/", views.bulletin_new, name="bulletin_new"),
    path("bulletins/<int:pk>/", views.bulletin, name="bulletin"),
    path("bulletins/<int:pk>/texts/", views.bulletin_texts, name="bulletin_texts"),
    path("bulletins/<int:pk>/figures/", views.bulletin_figures, name="bulletin_figures"),
    path("bulletins/<int:pk>/move/", views.bulletin_move, name="bulletin_move"),
    path("bulletins/<int:pk>/correct/", views.bulletin_correct, name="bulletin_correct"),
    path("bulletins/<int:pk>/files/", views.bulletin_files, name="bulletin_files"),
    path("bulletins/<int:pk>/files/<str:name>/", views.bulletin_file, name="bulletin_file"),
    path("bulletins/<int:pk>/map.html", views.bulletin_map, name="bulletin_map"),
]
