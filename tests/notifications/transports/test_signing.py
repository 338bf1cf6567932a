"""The signature of a webhook, as receivers have verified it from the first release on."""

from datetime import datetime, timedelta, timezone

from flowpilot.notifications.transports.signing import signed_headers


def test_the_headers_are_those_of_the_specification_s_own_example() -> None:
    moment = datetime(2021, 2, 25, 16, 2, 10, tzinfo=timezone(timedelta(hours=1)))
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", moment, b'{"test": 2432232314}'
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
