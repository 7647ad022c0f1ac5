"""As much of curl as the examples of the document use, for machines without it."""

import sys
import urllib.error
import urllib.request


def main(arguments: list[str]) -> int:
    """Send one request and print the answer; 22 when it is a refusal, as `curl --fail-with-body`."""
    method, body, headers, address = None, None, {}, ""
    rest = iter(arguments)
    for argument in rest:
        if argument == "-X":
            method = next(rest)
        elif argument == "-H":
            name, _colon, value = next(rest).partition(":")
            headers[name] = value.strip()
        elif argument == "-d":
            body = next(rest).encode()
        elif not argument.startswith("-"):
            address = argument
    request = urllib.request.Request(address, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            print(answer.read().decode())
    except urllib.error.HTTPError as refusal:
        print(refusal.read().decode())
        return 22
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
