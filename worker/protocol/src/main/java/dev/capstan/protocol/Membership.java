package dev.capstan.protocol;

import java.util.List;

/**
 * Who is in a gang for a term, and where: what the operator tells each of its workers by PUT to
 * {@link Contract#MEMBERSHIP_PATH}, after it has written it down. A worker takes only a term whose number is greater
 * than that of any it has seen; it leaves the ring that it is in, and joins that term's. A spare
 * ({@link Contract#SPARE}) takes the rank at whose place its pod is named; by one that doesn't name it, it learns of
 * the term alone.
 *
 * @param attempt of which all are
 * @param term counted through the job's life; greater than that of any membership before
 * @param members one for each rank, in rank order, as many as the attempt began with
 */
public record Membership(int attempt, int term, List<Member> members) {
    /**
     * @param pod name, as messages show it
     * @param address {@code IP:port}, at which the pod listens for its peers
     */
    public record Member(String pod, String address) {}

    /**
     * What a worker answers: with 200 if it has taken the membership, now or before; with 409 if it knows a later term;
     * with 503 if it can't go on in another term, since it hasn't begun to train, or trains no more.
     *
     * @param term of the newest membership that it has taken; {@link #FIRST} if it has taken none
     */
    public record Known(int term) {}

    /**
     * The term that an attempt begins with, as its workers number it: its peers meet by their names in the job file.
     */
    public static final int FIRST = 0;
}
