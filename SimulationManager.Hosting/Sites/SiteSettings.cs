using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Sites;

/// <summary>
/// The section <c>Sites</c> of the AppHost's configuration: the networks in which agents publish, and whose credentials they have there.
/// Whatever is not understood is an error: a misspelt setting must not be lost.
/// </summary>
internal sealed partial record SiteSettings
{
    public const string Section = "Sites";

    /// <summary>Of a Secret's and a parameter's name there is more than the site's.</summary>
    private const int LongestName = 40;

    /// <summary>The greatest id of a DDS domain that has ports.</summary>
    private const int MaxDomain = 232;

    private static readonly string[] Files = [SiteCertificate.Authority, SiteCertificate.Certificate, SiteCertificate.Key];

    /// <summary>Where the workers' agents may connect to.</summary>
    public IReadOnlyList<EgressRule> Egress { get; private init; } = [];

    /// <summary>The networks of participants of DDS domains that agents are nodes in.</summary>
    public IReadOnlyList<DdsNetwork> Dds { get; private init; } = [];

    /// <summary>Sites with a user name and a password.</summary>
    public IReadOnlyList<string> Credentials { get; private init; } = [];

    /// <summary>The PEM files of sites, by site.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Certificates { get; private init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Reads the section.</summary>
    /// <exception cref="GenerationException">A setting is not right; the message names it.</exception>
    public static SiteSettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        RequireKnown(section, nameof(Egress), nameof(Dds), nameof(Credentials), nameof(Certificates));
        return new SiteSettings
        {
            Egress = [.. Children(section.GetSection(nameof(Egress)), "a list of objects with 'cidr' and 'ports'").Select(ReadRule)],
            Dds = [.. Children(section.GetSection(nameof(Dds)), "a list of objects with 'cidr' and 'domains'").Select(ReadDds)],
            Credentials = Distinct(section.GetSection(nameof(Credentials)), site => Name(site, site.Value)),
            Certificates = Children(section.GetSection(nameof(Certificates)), "an object with a list of files for each site").ToDictionary(site => Name(site, site.Key), ReadFiles),
        };
    }

    private static EgressRule ReadRule(IConfigurationSection rule)
    {
        RequireKnown(rule, "cidr", "ports");
        return new EgressRule(Network(rule.GetSection("cidr")), Distinct(rule.GetSection("ports"), Port) is { Count: > 0 } ports ? ports : throw Wrong(rule, "has no 'ports', such as [8883]"));
    }

    private static DdsNetwork ReadDds(IConfigurationSection rule)
    {
        RequireKnown(rule, "cidr", "domains");
        return new DdsNetwork(Network(rule.GetSection("cidr")), Distinct(rule.GetSection("domains"), Domain) is { Count: > 0 } domains ? domains : throw Wrong(rule, "has no 'domains', such as [42]"));
    }

    private static int Domain(IConfigurationSection domain) => int.TryParse(domain.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MaxDomain
        ? number
        : throw Wrong(domain, $"is '{domain.Value}', which is no domain from 0 to {MaxDomain}");

    private static string Network(IConfigurationSection cidr)
    {
        var text = cidr.Value ?? "";
        if (!IPNetwork.TryParse(text, out var network)) throw Wrong(cidr, $"is '{text}', which is no network, such as 10.20.0.0/16");
        return network.BaseAddress.Equals(IPAddress.Parse(text[..text.IndexOf('/', StringComparison.Ordinal)])) ? text : throw Wrong(cidr, $"is '{text}', which begins inside its network; that is {network}");
    }

    private static int Port(IConfigurationSection port) => int.TryParse(port.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65536
        ? number
        : throw Wrong(port, $"is '{port.Value}', which is no port from 1 to 65535");

    private static string Name(IConfigurationSection site, string? name) => name is { Length: <= LongestName } && SiteName().IsMatch(name)
        ? name
        : throw Wrong(site, $"is '{name}': a site's name begins with a letter and has up to {LongestName} lower-case letters, digits and single dashes, such as plant-a");

    private static IReadOnlyList<string> ReadFiles(IConfigurationSection site)
    {
        var files = Distinct(site, file => Files.Contains(file.Value) ? file.Value! : throw Wrong(file, $"is '{file.Value}'; known are {string.Join(", ", Files)}"));
        if (files.Count == 0) throw Wrong(site, $"names no file; known are {string.Join(", ", Files)}");
        return files.Contains(SiteCertificate.Certificate) == files.Contains(SiteCertificate.Key) ? files : throw Wrong(site, $"has only one of {SiteCertificate.Certificate} and {SiteCertificate.Key}, which go together");
    }

    private static IReadOnlyList<T> Distinct<T>(IConfigurationSection list, Func<IConfigurationSection, T> read)
    {
        var values = Children(list, "a list").Select(item => (Item: item, Value: read(item))).ToArray();
        return values.GroupBy(value => value.Value).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw Wrong(twice.Last().Item, $"has '{twice.Key}' a second time")
            : [.. values.Select(value => value.Value)];
    }

    /// <summary>An empty list is an empty text to the configuration.</summary>
    private static IEnumerable<IConfigurationSection> Children(IConfigurationSection section, string meaning) =>
        string.IsNullOrEmpty(section.Value) ? section.GetChildren() : throw Wrong(section, $"is '{section.Value}', but must be {meaning}");

    private static void RequireKnown(IConfigurationSection section, params string[] known)
    {
        if (Children(section, $"an object with {string.Join(", ", known)}").FirstOrDefault(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
            throw Wrong(unknown, $"is not known; known are {string.Join(", ", known)}");
    }

    private static GenerationException Wrong(IConfigurationSection section, string what) => new($"The setting '{section.Path}' {what}.");

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    private static partial Regex SiteName();
}
