using System.Globalization;
using System.Reflection;
using System.Resources;
using System.Text.RegularExpressions;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Tests.Api;

/// <summary>Every sentence is there in both languages, with the same placeholders.</summary>
public class MessagesTests
{
    private static readonly ResourceManager Texts = new("SimulationManager.Api.Contract.Messages", typeof(Messages).Assembly);

    public static TheoryData<string> Keys => [.. typeof(Messages).GetFields(BindingFlags.Public | BindingFlags.Static).Select(message => message.Name)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Message_exists_in_English_and_Korean_with_the_same_placeholders(string key)
    {
        var english = Texts.GetResourceSet(CultureInfo.InvariantCulture, true, false)!.GetString(key);
        var korean = Texts.GetResourceSet(CultureInfo.GetCultureInfo("ko"), true, false)!.GetString(key);

        Assert.False(string.IsNullOrWhiteSpace(english));
        Assert.False(string.IsNullOrWhiteSpace(korean));
        Assert.Equal(Placeholders(english!), Placeholders(korean!));
    }

    public static TheoryData<string> Sentences => [.. RunSentences.All.Select(sentence => sentence.Key)];

    [Theory]
    [MemberData(nameof(Sentences))]
    public void Sentence_of_a_run_is_the_same_in_the_resources_and_is_read_as_it_was_stored(string key)
    {
        var sentence = RunSentences.All.Single(candidate => candidate.Key == key);

        Assert.Equal(sentence.English, Texts.GetResourceSet(CultureInfo.InvariantCulture, true, false)!.GetString(key));
        var read = Assert.Single(RunSentences.Read(RunSentences.Store(sentence.With(4, 17, 256)))!);
        Assert.Same(sentence, read.Sentence);
        Assert.Equal(["4", "17", "256"], read.Arguments);
    }

    [Fact]
    public void Message_of_several_sentences_is_stored_as_keys_and_arguments()
    {
        var message = RunSentences.Store(RunSentences.StepsLimited.With(), RunSentences.SilentSteps.With("1, 3"));

        Assert.Equal("""[["RunStepsLimited"],["RunSilentSteps","1, 3"]]""", message);
        Assert.Equal(
            "All steps completed; the time limit ended some of them. No message to play in step 1, 3: the bag is empty or has none of the chosen topics.",
            RunSentences.InEnglish(message));
    }

    /// <summary>A failure's reason, what an earlier version stored, and what only looks like ours.</summary>
    [Theory]
    [InlineData("Instance 3: the bag is damaged.")]
    [InlineData("All steps completed.")]
    [InlineData("")]
    [InlineData("""[["RunStep","1"]""")]
    [InlineData("""[["RunElse"]]""")]
    [InlineData("""[[""]]""")]
    [InlineData("""[["RunStep",1]]""")]
    public void Message_that_is_no_list_of_our_sentences_stays_as_it_is(string message)
    {
        Assert.Null(RunSentences.Read(message));
        Assert.Equal(message, RunSentences.InEnglish(message));
    }

    private static string[] Placeholders(string text) => [.. Regex.Matches(text, "{\\d+}").Select(match => match.Value).Distinct().Order(StringComparer.Ordinal)];
}
