using System.Net.Http.Headers;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>Which npm registry this machine uses, found as npm itself finds it. Needs neither npm nor node.</summary>
/// <param name="Address">Ends with a slash.</param>
/// <param name="Token">Sent as bearer token when there is one.</param>
internal sealed record NpmRegistry(Uri Address, string? Token)
{
    private const string Standard = "https://registry.npmjs.org/";

    /// <summary>The environment wins, then the user's npmrc, then the machine's.</summary>
    public static NpmRegistry Find(Func<string, string?> environment, string homeFolder)
    {
        string?[] files =
        [
            environment("npm_config_userconfig") ?? Path.Combine(homeFolder, ".npmrc"),
            environment("npm_config_globalconfig"), environment("NPM_CONFIG_GLOBALCONFIG"), "/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc",
        ];
        var settings = files.OfType<string>().Where(File.Exists).SelectMany(File.ReadLines).Select(ParseLine).OfType<KeyValuePair<string, string>>().ToList();
        string? Setting(string name) => settings.Select(each => (KeyValuePair<string, string>?)each).FirstOrDefault(each => each!.Value.Key == name)?.Value;

        var chosen = environment("npm_config_registry") ?? environment("NPM_CONFIG_REGISTRY") ?? Setting("@embedded-postgres:registry") ?? Setting("registry") ?? Standard;
        var address = Uri.TryCreate(chosen.TrimEnd('/') + "/", UriKind.Absolute, out var parsed) ? parsed : new Uri(Standard);
        var token = Setting($"//{address.Authority}{address.AbsolutePath}:_authToken");
        return new NpmRegistry(address, token is null ? null : Expand(token, environment));
    }

    /// <summary>The address of a package's tarball, the same on every registry.</summary>
    public Uri TarballOf(string package, string version) => new(Address, $"{package}/-/{package[(package.IndexOf('/', StringComparison.Ordinal) + 1)..]}-{version}.tgz");

    public HttpRequestMessage Request(Uri tarball)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, tarball);
        if (Token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return request;
    }

    private static KeyValuePair<string, string>? ParseLine(string line)
    {
        var cut = line.IndexOf('=', StringComparison.Ordinal);
        return cut <= 0 || line.TrimStart()[0] is '#' or ';' ? null : KeyValuePair.Create(line[..cut].Trim(), line[(cut + 1)..].Trim().Trim('"'));
    }

    private static string Expand(string value, Func<string, string?> environment) =>
        value is ['$', '{', .. var name, '}'] ? environment(name) ?? "" : value;
}
