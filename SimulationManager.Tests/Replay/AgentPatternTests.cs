using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

public class AgentPatternTests
{
    [Theory]
    [InlineData("robot_{n}", 7, "robot_7")]
    [InlineData("robot_{n:000}", 7, "robot_007")]
    [InlineData("robot_{n:000}", 12345, "robot_12345")]
    [InlineData("{n:0}", 0, "0")]
    [InlineData("a{n}b{n:00}c", 3, "a3b03c")]
    [InlineData("{{{n}}}", 5, "{5}")]
    [InlineData("{{n}}", 5, "{n}")]
    [InlineData("창고/로봇 {n}", 5, "창고/로봇 5")]
    [InlineData("{n:0000000000000000000}", long.MaxValue, "9223372036854775807")]
    [InlineData("the_only_one", 5, "the_only_one")]
    public void Pattern_names_agents(string pattern, long agent, string name)
    {
        var parsed = AgentPattern.Parse(pattern);

        Assert.Equal(name, parsed.Of(agent));
        Assert.Equal(pattern, parsed.ToString());
        Assert.Equal(AgentPattern.Parse(pattern), parsed);
    }

    [Theory]
    [InlineData("", "1 to 256 characters, not 0")]
    [InlineData("robot_{n", "at character 7, a '{' without a '}'")]
    [InlineData("robot_{", "at character 7, a '{' without a '}'")]
    [InlineData("robot_n}", "at character 8, a '}' without a '{'")]
    [InlineData("a}}}", "at character 4, a '}' without a '{'")]
    [InlineData("{x}", "'{x}'; it can be '{n}' or '{n:000}'")]
    [InlineData("{}", "'{}'; it can be")]
    [InlineData("{n:}", "'{n:}'; it can be")]
    [InlineData("{n:x}", "'{n:x}'; it can be")]
    [InlineData("{n:00000000000000000000}", "1 to 19 zeros")]
    [InlineData("a\nb", "at character 2, a control character")]
    public void What_is_no_pattern_is_refused_with_its_place(string pattern, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => AgentPattern.Parse(pattern)).Message, StringComparison.Ordinal);

    [Fact]
    public void Long_pattern_is_refused() => Assert.Throws<FormatException>(() => AgentPattern.Parse(new string('a', 257)));

    [Fact]
    public void Negative_number_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => AgentPattern.Parse("{n}").Of(-1));

    [Fact]
    public void Pattern_says_whether_agents_differ()
    {
        Assert.True(AgentPattern.Parse("{{{n}").HasNumber);
        Assert.False(AgentPattern.Parse("{{n}}").HasNumber);
    }
}
