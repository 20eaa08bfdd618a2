"""Every gateway goes through the same scenarios (gateway_case.py). One gateway's alone:

    TOLLGATE_PRESET=dev tests/http/run.py test_gateways.ClickpesaScenarios
"""

from gateway_case import Scenarios
from stack import gateway_names

# Nobody can be asked about cash: test_cash_on_delivery.py.
by_hand = {"cash_on_delivery"}

for name in gateway_names:
    if name not in by_hand:
        title = "".join(word.capitalize() for word in name.split("_"))
        globals()[f"{title}Scenarios"] = type(
            f"{title}Scenarios", (Scenarios,), {"gateway": name, "__module__": __name__}
        )

del Scenarios
