from django.db import models


class Order(models.Model):
    PENDING, PAID, FAILED = "pending", "paid", "failed"
    STATUSES = [(PENDING, "pending"), (PAID, "paid"), (FAILED, "failed")]

    email = models.EmailField()
    amount_fcfa = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=STATUSES, default=PENDING)
    cinetpay_payment_id = models.CharField(max_length=100, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)


class DownloadToken(models.Model):
    token = models.CharField(max_length=64, unique=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)
