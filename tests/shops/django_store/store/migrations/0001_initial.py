import django.db.models.deletion
from django.db import migrations, models

statuses = [("pending", "pending"), ("paid", "paid"), ("failed", "failed")]


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("email", models.EmailField(max_length=254)),
                ("amount_fcfa", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(choices=statuses, default="pending", max_length=10),
                ),
                (
                    "cinetpay_payment_id",
                    models.CharField(blank=True, max_length=100, null=True),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="DownloadToken",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("token", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "order",
                    models.ForeignKey("store.order", on_delete=django.db.models.deletion.CASCADE),
                ),
            ],
        ),
    ]
