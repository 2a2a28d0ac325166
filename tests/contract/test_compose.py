"""docker-compose.yml can run several web nodes: one port of the machine, and one place for recorded sound."""

import yaml

from tests.nodes import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]


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


def test_web_nodes_and_workers_keep_recorded_sound_in_one_volume_of_its_own() -> None:
    for name in ("web", "worker"):
        directory = SERVICES[name]["environment"]["RECORDINGS_DIR"]
        volumes = dict(reversed(mount.split(":")) for mount in SERVICES[name]["volumes"])
        assert volumes[directory] == "recordings"
    assert "recordings" in COMPOSE["volumes"]
    assert f"install -d -o colloquy -g colloquy /data {directory}\n" in (ROOT / "Dockerfile").read_text()


def test_every_setting_of_the_operator_reaches_nodes_and_workers_but_what_the_containers_need() -> None:
    for name in ("prepare", "web", "worker", "beat"):
        service = SERVICES[name]
        assert service["env_file"] == [".env"]
        assert service["environment"]["PORT"] == int(SERVICES["web"]["expose"][0])
        assert service["environment"]["DATA_DIR"] in {mount.split(":")[1] for mount in service["volumes"]}
        assert service["environment"]["EXPORTS_DIR"].startswith(service["environment"]["DATA_DIR"])
