package org.thirdmode.papers;

import java.util.List;
import org.thirdmode.papers.paper.Adams2006;
import org.thirdmode.papers.paper.Agesen2012;
import org.thirdmode.papers.paper.AgilePaging2016;
import org.thirdmode.papers.paper.Bhargava2008;
import org.thirdmode.papers.paper.KvmLadder2007;
import org.thirdmode.papers.paper.KvmWhitePaper2006;
import org.thirdmode.papers.paper.OutOfSync2008;
import org.thirdmode.papers.paper.Pvm2023;
import org.thirdmode.papers.paper.Turtles2010;
import org.thirdmode.pc.loader.ImageException;

/** All papers, oldest first. */
public final class Papers {
    private static final List<Paper> ALL = List.of(
            new Adams2006(),
            new KvmWhitePaper2006(),
            new KvmLadder2007(),
            new Bhargava2008(),
            new OutOfSync2008(),
            new Turtles2010(),
            new Agesen2012(),
            new AgilePaging2016(),
            new Pvm2023());

    private Papers() {}

    /** All of them. */
    public static List<Paper> all() {
        return ALL;
    }

    /** What a paper claims. */
    public static Claims claims(Paper paper) {
        return Claims.of(paper.folder());
    }

    /** Runs what reproduces a paper. */
    public static Result run(Paper paper, Lab lab) throws ImageException {
        Claims claims = claims(paper);
        return new Result(
                paper.folder(), claims, new Judge(claims.claims(), paper.measure(lab)).rows(), paper.more(lab));
    }
}
