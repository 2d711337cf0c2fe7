package org.thirdmode.cost.data;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Keys with values, in their order.
 *
 * @param keys where each key stands
 */
public record Mapping(Place place, Map<String, Node> entries, Map<String, Place> keys) implements Node {
    public Mapping {
        entries = new LinkedHashMap<>(entries);
        keys = new LinkedHashMap<>(keys);
    }

    @Override
    public String kind() {
        return "keys with values";
    }

    /** Refuses any other key. */
    public Mapping only(Collection<String> valid) throws DataException {
        for (Map.Entry<String, Place> key : keys.entrySet()) {
            if (!valid.contains(key.getKey())) {
                throw key.getValue().wrong("unknown key '" + key.getKey() + "'; valid are " + String.join(", ", valid));
            }
        }
        return this;
    }

    /** As {@link #only(Collection)}. */
    public Mapping only(String... valid) throws DataException {
        return only(java.util.List.of(valid));
    }

    /** What stands under a key that must be there. */
    public Node get(String key) throws DataException {
        Node node = entries.get(key);
        if (node == null) {
            throw place.wrong("'" + key + "' is missing");
        }
        return node;
    }

    /** A single value under a key that must be there. */
    public Scalar scalar(String key) throws DataException {
        return get(key).scalar();
    }

    /** What stands under a key that may be left out. */
    public Optional<Node> find(String key) {
        return Optional.ofNullable(entries.get(key));
    }
}
