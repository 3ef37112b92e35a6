using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SimulationManager.Tests.Console;

/// <summary>The console's texts in both languages.</summary>
public partial class ConsoleTextTests
{
    private static readonly string s_project = Repository.PathOf("SimulationManager.Console");

    [Fact]
    public void Every_text_is_there_in_both_languages_with_the_same_places()
    {
        var english = TextsOf("ConsoleTexts.resx");
        var korean = TextsOf("ConsoleTexts.ko.resx");

        Assert.Equal(english.Keys.Order(StringComparer.Ordinal), korean.Keys.Order(StringComparer.Ordinal));
        Assert.All(english, text => Assert.Equal(PlacesOf(text.Value), PlacesOf(korean[text.Key])));
        Assert.All(english.Values.Concat(korean.Values), text => Assert.False(string.IsNullOrWhiteSpace(text)));
    }

    [Fact]
    public void Every_text_that_pages_name_is_there()
    {
        var known = TextsOf("ConsoleTexts.resx");
        var named = SourceFiles().SelectMany(path => Named().Matches(File.ReadAllText(path))).Select(match => match.Groups["key"].Value).ToHashSet();

        Assert.True(named.Count > 50);
        Assert.DoesNotContain(named, key => !known.ContainsKey(key) && !(key.EndsWith('_') && known.Keys.Any(one => one.StartsWith(key, StringComparison.Ordinal))));
    }

    private static IEnumerable<string> SourceFiles() => Directory.EnumerateFiles(s_project, "*", SearchOption.AllDirectories)
        .Where(path => path.EndsWith(".razor", StringComparison.Ordinal) || path.EndsWith(".cs", StringComparison.Ordinal))
        .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal));

    private static Dictionary<string, string> TextsOf(string file) => XDocument.Load(Path.Combine(s_project, "Texts", file)).Root!.Elements("data")
        .ToDictionary(data => (string)data.Attribute("name")!, data => (string)data.Element("value")!, StringComparer.Ordinal);

    private static IEnumerable<string> PlacesOf(string text) => Place().Matches(text).Select(match => match.Value).Order(StringComparer.Ordinal);

    [GeneratedRegex("""[Tt]exts?\["(?<key>\w+)""")]
    private static partial Regex Named();

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Place();
}
