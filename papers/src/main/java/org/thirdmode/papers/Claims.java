package org.thirdmode.papers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.cost.Certainty;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.DataFile;
import org.thirdmode.cost.data.Mapping;
import org.thirdmode.cost.data.Node;

/**
 * What a paper states, from its data file.
 *
 * @param title of the paper
 * @param source authors, where and when
 * @param run how its claims are reproduced
 */
public record Claims(String title, String source, String run, List<Claim> claims) {
    public Claims {
        claims = List.copyOf(claims);
    }

    /** The file in a paper's folder. */
    static Claims of(String folder) {
        String file = folder + "/claims.yaml";
        try (InputStream in = Claims.class.getResourceAsStream(file)) {
            return read(DataFile.parse(file, new String(in.readAllBytes(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DataException e) {
            throw new IllegalStateException("the data of a paper has a mistake: " + e.getMessage(), e);
        }
    }

    static Claims read(Node file) throws DataException {
        Mapping top = file.mapping().only("title", "source", "run", "claims");
        List<Claim> claims = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (Node node : top.get("claims").sequence().nodes()) {
            Claim claim = claim(node.mapping());
            if (!ids.add(claim.id())) {
                throw node.place().wrong("'" + claim.id() + "' is claimed twice");
            }
            claims.add(claim);
        }
        return new Claims(
                top.scalar("title").words(),
                top.scalar("source").words(),
                top.scalar("run").words(),
                claims);
    }

    private static Claim claim(Mapping claim) throws DataException {
        claim.only("id", "what", "value", "unit", "certainty", "kind", "group", "why");
        Kind kind = claim.scalar("kind").choice(Kind.class);
        if ((kind == Kind.SHAPE) != claim.find("group").isPresent()) {
            throw claim.place().wrong("a claim of kind shape has a group, no other has");
        }
        Certainty certainty = claim.scalar("certainty").choice(Certainty.class);
        if (certainty == Certainty.ASSUMED || certainty == Certainty.MEASURED) {
            throw claim.place().wrong("what a paper claims was published");
        }
        return new Claim(
                claim.scalar("id").words(),
                claim.scalar("what").words(),
                claim.scalar("value").number().doubleValue(),
                claim.scalar("unit").words(),
                certainty,
                kind,
                claim.find("group").isEmpty() ? "" : claim.scalar("group").words(),
                claim.find("why").isEmpty() ? "" : claim.scalar("why").words());
    }
}
