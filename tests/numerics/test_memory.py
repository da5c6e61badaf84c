"""Memory that a container may use, by the files that say so."""

import pytest

from bayesneuron.numerics.memory import available_memory, container_memory, memory


@pytest.mark.parametrize(
    ("folder", "limit", "usage", "freed"),
    [
        ("", "memory.max", "memory.current", "inactive_file"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ],
)
def test_what_a_container_has_left_counts_caches_as_free(tmp_path, folder, limit, usage, freed):
    (tmp_path / folder).mkdir(exist_ok=True)
    for name, text in ((limit, "1000\n"), (usage, "700\n"), ("memory.stat", f"x 5\n{freed} 200")):
        (tmp_path / folder / name).write_text(text)
    assert container_memory(tmp_path) == (1000, 500)


def test_no_container_and_no_limit_leave_the_memory_of_the_machine(tmp_path):
    assert container_memory(tmp_path) == (2**63, 2**63)
    (tmp_path / "memory.max").write_text("max\n")
    assert container_memory(tmp_path) == (2**63, 2**63)
    assert 0 < available_memory() <= memory() < 2**63
