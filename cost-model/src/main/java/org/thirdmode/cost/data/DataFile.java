package org.thirdmode.cost.data;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a data file whole. */
public final class DataFile {
    private static final long MOST_BYTES = 1 << 20;
    private static final int DEEPEST = 20;

    private static final YAMLFactory YAML = YAMLFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
            .build();

    private final String file;
    private final YAMLParser parser;

    private DataFile(String file, YAMLParser parser) {
        this.file = file;
        this.parser = parser;
    }

    /**
     * Reads a file.
     *
     * @throws DataException where it cannot be read or is no such file, in one line
     */
    public static Node read(Path file) throws DataException {
        String text;
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new DataException(file + ": is larger than 1 MiB, which no data file is");
            }
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new DataException(file + ": does not exist");
        } catch (MalformedInputException e) {
            throw new DataException(file + ": is no text in UTF-8");
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read: " + e.getMessage());
        }
        return parse(file.toString(), text);
    }

    /**
     * Reads a text.
     *
     * @param file what messages call it
     */
    public static Node parse(String file, String text) throws DataException {
        try (YAMLParser parser = YAML.createParser(text)) {
            DataFile reader = new DataFile(file, parser);
            if (parser.nextToken() == null) {
                throw new Place(file, 1, 1).wrong("is empty");
            }
            Node node = reader.node();
            if (parser.nextToken() != null) {
                throw reader.place().wrong("a second document; a data file is one");
            }
            return node;
        } catch (JacksonException e) {
            JsonLocation at = e.getLocation();
            String message = e.getOriginalMessage().lines().findFirst().orElse("no YAML");
            throw new Place(file, at == null ? 1 : at.getLineNr(), at == null ? 1 : Math.max(1, at.getColumnNr()))
                    .wrong(message);
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read: " + e.getMessage());
        }
    }

    private Place place() {
        JsonLocation at = parser.currentTokenLocation();
        return new Place(file, at.getLineNr(), at.getColumnNr());
    }

    private Node node() throws IOException, DataException {
        Place place = place();
        if (parser.isCurrentAlias() || parser.getObjectId() != null || parser.getTypeId() != null) {
            throw place.wrong("anchors, aliases and tags are not used in data files");
        }
        JsonToken token = parser.currentToken();
        return switch (token) {
            case START_OBJECT -> mapping(place);
            case START_ARRAY -> sequence(place);
            default -> new Scalar(place, parser.getText() == null ? "" : parser.getText());
        };
    }

    private Sequence sequence(Place place) throws IOException, DataException {
        List<Node> nodes = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            nodes.add(node());
        }
        return new Sequence(place, nodes);
    }

    private Mapping mapping(Place place) throws IOException, DataException {
        Map<String, Node> entries = new LinkedHashMap<>();
        Map<String, Place> keys = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Place at = place();
            String key = parser.currentName();
            if (keys.putIfAbsent(key, at) != null) {
                throw at.wrong("'" + key + "' is given twice");
            }
            parser.nextToken();
            entries.put(key, node());
        }
        return new Mapping(place, entries, keys);
    }
}
