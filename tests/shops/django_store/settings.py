"""A small Django store. What differs between machines comes from the environment (STORE_...)."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = os.environ["STORE_SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["store"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": os.environ["STORE_DATABASE_NAME"],
        "USER": os.environ["STORE_DATABASE_USER"],
        "PASSWORD": os.environ["STORE_DATABASE_PASSWORD"],
        "HOST": os.environ["STORE_DATABASE_SOCKET"],
        "OPTIONS": {"charset": "utf8mb4"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Africa/Abidjan"

# Where Tollgate is, and the secret of its `shop.checkout_secret`.
TOLLGATE_URL = os.environ["STORE_TOLLGATE_URL"]
TOLLGATE_CHECKOUT_SECRET = os.environ["STORE_TOLLGATE_CHECKOUT_SECRET"]
