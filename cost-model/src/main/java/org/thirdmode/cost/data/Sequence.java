package org.thirdmode.cost.data;

import java.util.List;

/** A list. */
public record Sequence(Place place, List<Node> nodes) implements Node {
    public Sequence {
        nodes = List.copyOf(nodes);
    }

    @Override
    public String kind() {
        return "a list";
    }
}
