using SimulationManager.Core.Model;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker;

public sealed class PlayedTopicsTests
{
    private static readonly string[] s_recorded = ["/a", "/ab", "/camera/image", "/camera/info", "/tf"];

    [Theory]
    [InlineData("", null, "", null, "/a /ab /camera/image /camera/info /tf")]
    [InlineData("/tf /none", null, "", null, "/tf")]
    [InlineData("", "/a", "", null, "/a")]
    [InlineData("", "/a|/ab", "", null, "/a /ab")]
    [InlineData("", "a", "", null, "")]
    [InlineData("", "/camera/.*", "", null, "/camera/image /camera/info")]
    [InlineData("/tf", "/camera/.*", "", null, "/camera/image /camera/info /tf")]
    [InlineData("/tf /a", "/camera/.*", "/a /camera/info", null, "/camera/image /tf")]
    [InlineData("/tf /a", null, "", "/a|/camera/.*", "/tf")]
    [InlineData("", "/camera/.*", "", ".*info", "/camera/image")]
    [InlineData("", null, "", ".*", "")]
    public void Topics_are_in_by_name_or_by_pattern_unless_they_are_excluded(string topics, string? regex, string excludeTopics, string? excludeRegex, string played)
    {
        var playback = new PlaybackOptions { Topics = Names(topics), Regex = regex, ExcludeTopics = Names(excludeTopics), ExcludeRegex = excludeRegex };

        Assert.Equal(Names(played), PlayedTopics.Of(Scenario.Part(1, [], s_recorded, agents: 1, playback: playback)));
    }

    [Fact]
    public void A_recorded_clock_is_left_out_when_the_time_is_told()
    {
        string[] recorded = ["/a", "/clock"];

        Assert.Equal(recorded, PlayedTopics.Of(Scenario.Part(1, [], recorded, agents: 1, playback: new PlaybackOptions())));
        foreach (var playback in (PlaybackOptions[])[new() { Clock = true }, new() { ClockTopicsAll = true }, new() { ClockTopics = ["/a"], Topics = recorded }])
            Assert.Equal(["/a"], PlayedTopics.Of(Scenario.Part(1, [], recorded, agents: 1, playback: playback)));
    }

    [Theory]
    [InlineData("(")]
    [InlineData("a)|(b")]
    [InlineData("(?=a)b")]
    [InlineData(@"(a)\1")]
    [InlineData("(?x)a # b")]
    public void What_is_no_pattern_is_refused_with_the_reason(string text)
    {
        Assert.False(TopicPattern.TryParse(text, out _, out var problem));
        Assert.NotEmpty(problem);
        Assert.Throws<FormatException>(() => TopicPattern.Parse(text));
    }

    private static string[] Names(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
