using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SimulationManager.Tests.Api.Coverage;

namespace SimulationManager.Tests.Console;

/// <summary>The console's texts in both languages.</summary>
public partial class ConsoleTextTests
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
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

    /// <summary>The page shows some before the console is loaded.</summary>
    [Fact]
    public async Task The_texts_of_the_start_page_are_those_of_the_console()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        HashSet<string> keys = [];
        foreach (var file in (string[])["index.html", "start-page.js"])
        {
            var matches = OfStartPage().Matches(await File.ReadAllTextAsync(Path.Combine(s_project, "wwwroot", file), cancellationToken));
            keys.UnionWith(matches.Select(match => match.Groups["key"].Value));
        }

        string[] languages = [LineOf("en", "ConsoleTexts.resx"), LineOf("ko", "ConsoleTexts.ko.resx")];
        var script = $"// Made of Texts/*.resx by ConsoleTextTests: what start-page.js and index.html name.\nwindow.startTexts = {{\n{string.Concat(languages)}}};\n";
        await GeneratedFile.AgreeAsync("SimulationManager.Console/wwwroot/start-texts.js", script);

        string LineOf(string language, string file)
        {
            var texts = TextsOf(file);
            return $"  {language}: {JsonSerializer.Serialize(keys.Order(StringComparer.Ordinal).ToDictionary(key => key, key => texts[key]), s_json)},\n";
        }
    }

    private static IEnumerable<string> SourceFiles() => Directory.EnumerateFiles(s_project, "*", SearchOption.AllDirectories)
        .Where(path => path.EndsWith(".razor", StringComparison.Ordinal) || path.EndsWith(".cs", StringComparison.Ordinal))
        .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal));

    private static Dictionary<string, string> TextsOf(string file) => XDocument.Load(Path.Combine(s_project, "Texts", file)).Root!.Elements("data")
        .ToDictionary(data => (string)data.Attribute("name")!, data => (string)data.Element("value")!, StringComparer.Ordinal);

    private static IEnumerable<string> PlacesOf(string text) => Place().Matches(text).Select(match => match.Value).Order(StringComparer.Ordinal);

    [GeneratedRegex("""[Tt]exts?\["(?<key>\w+)""")]
    private static partial Regex Named();

    [GeneratedRegex("""data-(text|label)="(?<key>\w+)"|(?<!-)\btexts\.(?<key>\w+)""")]
    private static partial Regex OfStartPage();

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Place();
}
