"""The store's pages. Taking the payment is Tollgate's: the store makes its order and sends the
customer to the order's checkout address; the rows that Tollgate keeps in step tell the rest."""

import hashlib
import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from store.models import Order

PRICE_FCFA = 1500


def checkout_url(order: Order) -> str:
    """The order's id, and our signature under it."""
    message = f"tollgate-order-1\n{order.pk}".encode()
    secret = settings.TOLLGATE_CHECKOUT_SECRET.encode()
    signature = hmac.new(secret, message, hashlib.sha256).hexdigest()
    return f"{settings.TOLLGATE_URL}/pay/order/{order.pk}.{signature}"


def product(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        order = Order.objects.create(email=request.POST["email"], amount_fcfa=PRICE_FCFA)
        return redirect(checkout_url(order))
    return render(request, "store/product.html", {"price": PRICE_FCFA})


def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """A real store would show it to its customer only."""
    found = get_object_or_404(Order, pk=order_id)
    tokens = found.downloadtoken_set.order_by("pk").values_list("token", flat=True)
    links = [f"{settings.TOLLGATE_URL}/download/{token}" for token in tokens]
    context = {"order": found, "links": links, "checkout_url": checkout_url(found)}
    return render(request, "store/order.html", context)
