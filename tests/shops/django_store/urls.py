from django.urls import path
from store import views

urlpatterns = [
    path("", views.product, name="product"),
    path("orders/<int:order_id>/", views.order, name="order"),
]
