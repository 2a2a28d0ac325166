"""docker-compose.yml can run several web nodes: only the proxy before them takes a port of the machine."""

import yaml

from tests.nodes import ROOT

SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_only_the_proxy_publishes_a_port() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_the_proxy_passes_sockets_to_every_web_node() -> None:
    [mount] = SERVICES["proxy"]["volumes"]
    configuration = (ROOT / mount.split(":")[0]).read_text()
    assert f"proxy_pass http://$web_nodes:{SERVICES['web']['expose'][0]};" in configuration
    assert "set $web_nodes web;" in configuration
    assert "proxy_set_header Upgrade $http_upgrade;" in configuration
    published = SERVICES["proxy"]["ports"][0].rsplit(":", 1)[1]
    assert f"listen {published};" in configuration
