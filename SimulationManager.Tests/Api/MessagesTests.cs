using System.Globalization;
using System.Reflection;
using System.Resources;
using System.Text.RegularExpressions;
using SimulationManager.Api.Contract;

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

    private static string[] Placeholders(string text) => [.. Regex.Matches(text, "{\\d+}").Select(match => match.Value).Distinct().Order(StringComparer.Ordinal)];
}
