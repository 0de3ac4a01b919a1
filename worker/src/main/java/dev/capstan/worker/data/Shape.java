package dev.capstan.worker.data;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What one sample is to a network. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Shape.Flat.class, name = "flat"),
    @JsonSubTypes.Type(value = Shape.Image.class, name = "image"),
    @JsonSubTypes.Type(value = Shape.Tokens.class, name = "tokens")
})
public sealed interface Shape {
    /** Numbers in one sample. */
    int inputs();

    /** What it is in words, for messages. */
    String words();

    /** Numbers without any order: a row of a table, a bag of words. */
    record Flat(int inputs) implements Shape {
        @Override
        public String words() {
            return inputs + (inputs == 1 ? " number" : " numbers");
        }
    }

    /**
     * An image; its numbers go channel by channel, row by row, from 0 to 1.
     *
     * @param channels 1 for grey, 3 for red, green, blue
     */
    record Image(int height, int width, int channels) implements Shape {
        @Override
        public int inputs() {
            return height * width * channels;
        }

        @Override
        public String words() {
            return "a " + (channels == 1 ? "grey" : "colour") + " image of " + height + " by " + width + " pixels";
        }
    }

    /**
     * A sequence of words, each a whole number from 0 to {@code vocabulary} - 1: 0 fills up what is shorter than
     * {@code length}, 1 stands for every word that the vocabulary lacks.
     */
    record Tokens(int length, int vocabulary) implements Shape {
        @Override
        public int inputs() {
            return length;
        }

        @Override
        public String words() {
            return "a sequence of " + length + " words out of " + vocabulary;
        }
    }
}
