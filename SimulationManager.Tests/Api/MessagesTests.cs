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
    public void Sentence_of_a_run_is_the_same_in_the_resources_and_is_recognised_with_its_numbers(string key)
    {
        var sentence = RunSentences.All.Single(candidate => candidate.Key == key);

        Assert.Equal(sentence.English, Texts.GetResourceSet(CultureInfo.InvariantCulture, true, false)!.GetString(key));
        var spoken = Assert.Single(RunSentences.Parse(sentence.Say(4, 17, 256)));
        Assert.Same(sentence, spoken.Sentence);
        Assert.Equal(((string[])["4", "17", "256"])[..Placeholders(sentence.English).Length], spoken.Arguments);
    }

    [Fact]
    public void Message_of_several_sentences_is_taken_apart_and_a_reason_stays_as_it_is()
    {
        var spoken = RunSentences.Parse($"{RunSentences.StepsLimited.Say()} {RunSentences.SilentSteps.Say("1, 3")}").ToList();
        var reason = Assert.Single(RunSentences.Parse("Instance 3: the bag is damaged."));

        Assert.Equal([RunSentences.StepsLimited, RunSentences.SilentSteps], spoken.Select(entry => entry.Sentence));
        Assert.Equal(["1, 3"], spoken[1].Arguments);
        Assert.Null(reason.Sentence);
    }

    private static string[] Placeholders(string text) => [.. Regex.Matches(text, "{\\d+}").Select(match => match.Value).Distinct().Order(StringComparer.Ordinal)];
}
