using System.Diagnostics.CodeAnalysis;
using System.Web;

namespace SimulationManager.Replay;

/// <summary>
/// Where agents publish: <c>none</c>, or an address such as <c>mqtt://host:1883/prefix?qos=1</c> or <c>rosbridge://host/prefix</c> (docs/wire.md lists the
/// options). Immutable.
/// Secrets are never in it: <see cref="Credentials"/> names them.
/// </summary>
public sealed record OutputEndpoint
{
    /// <summary>Endpoints in one text.</summary>
    public const int MaxCount = 8;

    /// <summary>Characters of one text.</summary>
    public const int MaxLength = 2000;

    /// <summary>Publishes to nobody.</summary>
    public const string NoneText = "none";

    private const int LongestOption = 200;

    private const string DdsScheme = "dds";

    private static readonly Dictionary<string, EndpointScheme> s_schemes = new(StringComparer.Ordinal)
    {
        ["mqtt"] = new(Tls: false, 1883, MqttEndpointOptions.Read),
        ["mqtts"] = new(Tls: true, 8883, MqttEndpointOptions.Read),
        ["rosbridge"] = new(Tls: false, 9090, RosbridgeEndpointOptions.Read),
        ["rosbridges"] = new(Tls: true, 9090, RosbridgeEndpointOptions.Read),
    };

    private OutputEndpoint(string text) => Text = text;

    /// <summary>The address as it was written.</summary>
    public string Text { get; }

    /// <summary>What is spoken: <c>mqtt</c>, <c>rosbridge</c>, with TLS <c>mqtts</c>, <c>rosbridges</c>, or <c>dds</c>.</summary>
    public required string Scheme { get; init; }

    /// <summary>Whether the connection is encrypted.</summary>
    public bool Tls { get; private init; }

    /// <summary>The host's name or address; empty for a domain of DDS.</summary>
    public string Host { get; private init; } = "";

    /// <summary>The port, 1–65535; unless the address names one 1883, for <c>mqtts</c> 8883, for rosbridge 9090. A domain of DDS has none: 0.</summary>
    public int Port { get; private init; }

    /// <summary>What every topic begins with, without a slash at either end; empty: nothing.</summary>
    public string Prefix { get; private init; } = "";

    /// <summary>How messages are sent, as the scheme has it.</summary>
    public required EndpointOptions Options { get; init; }

    /// <summary>The name of the credentials that the process which publishes has; null: none.</summary>
    public string? Credentials { get; private init; }

    /// <summary>What becomes of a run when the endpoint fails.</summary>
    public EndpointFailurePolicy OnFailure { get; private init; }

    /// <summary>With <see cref="EndpointFailurePolicy.Fail"/>: how long it may be away.</summary>
    public TimeSpan FailAfter { get; private init; } = TimeSpan.FromSeconds(10);

    /// <summary>Reads one or several endpoints, separated by blanks or line breaks; those that say <c>none</c> are left out.</summary>
    /// <param name="text">The text; empty: none.</param>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="problem">What is wrong and how to say it right, in English, without the text's secrets; null when nothing is.</param>
    public static bool TryParseList(string text, out IReadOnlyList<OutputEndpoint> endpoints, [NotNullWhen(false)] out string? problem)
    {
        endpoints = [];
        problem = text.Length > MaxLength ? $"the text is longer than {MaxLength} characters" : null;
        if (problem is not null) return false;
        var parts = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > MaxCount) problem = $"there are more than {MaxCount} endpoints";
        var read = new List<OutputEndpoint>();
        foreach (var part in parts)
        {
            if (problem is not null) break;
            if (part.Equals(NoneText, StringComparison.OrdinalIgnoreCase)) continue;
            if (TryParse(part, out var endpoint, out problem)) read.Add(endpoint);
        }
        if (problem is null && read.DistinctBy(endpoint => endpoint.Text).Count() != read.Count) problem = "an endpoint is named twice";
        if (problem is null) endpoints = read;
        return problem is null;
    }

    /// <summary>Reads endpoints that were checked before.</summary>
    /// <param name="texts">One endpoint each.</param>
    /// <exception cref="FormatException">One is not valid.</exception>
    public static IReadOnlyList<OutputEndpoint> ParseAll(IEnumerable<string> texts) =>
        [.. texts.SelectMany(text => TryParseList(text, out var endpoints, out var problem) ? endpoints : throw new FormatException($"The endpoint is not valid: {problem}."))];

    /// <summary>Why an agent cannot have a name, as a clause without its subject; null when it can.</summary>
    /// <param name="name">The name, which is a part of topics.</param>
    public static string? ProblemOfName(string name) => name.Trim('/').Length == 0 ? "is nothing but slashes" : MqttTopics.ProblemOf(name);

    /// <summary>Why a text cannot be subscribed to here, as a clause without its subject; null when it can.</summary>
    /// <param name="topic">A topic, or a pattern as the protocol writes them. The <see cref="Prefix"/> is no part of it.</param>
    public string? ProblemOfSubscription(string topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return topic.Length == 0 ? "is empty" : Options.ProblemOfSubscription(topic);
    }

    /// <summary>Begins to listen: connects in the background, again and again, until it is disposed.</summary>
    /// <param name="plan">What to listen to.</param>
    /// <exception cref="FormatException">It cannot be listened to.</exception>
    public ITopicListener Listen(ListenPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        foreach (var topic in plan.Topics)
        {
            if (ProblemOfSubscription(topic) is { } problem) throw new FormatException($"'{topic}' {problem}");
        }
        return new TopicListener(this, Options.TopicSource(this, plan), plan);
    }

    /// <summary>The address without its options.</summary>
    public override string ToString() => Options is DdsEndpointOptions dds
        ? $"{Scheme}://?domain={dds.Domain}"
        : $"{Scheme}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}{(Prefix.Length > 0 ? $"/{Prefix}" : "")}";

    /// <summary>Why a run fails that does not go on without the endpoint.</summary>
    internal string FailureOf(string? error) => $"{this} is away for more than {FailAfter.TotalSeconds:0} s: {error}";

    private static bool TryParse(string text, [NotNullWhen(true)] out OutputEndpoint? endpoint, [NotNullWhen(false)] out string? problem)
    {
        endpoint = null;
        if (text.StartsWith($"{DdsScheme}://", StringComparison.OrdinalIgnoreCase)) return TryParseDds(text, out endpoint, out problem);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
        {
            problem = "an endpoint is none, or an address such as mqtt://host:1883/prefix";
            return false;
        }
        if (!s_schemes.TryGetValue(uri.Scheme, out var scheme))
        {
            var known = string.Join(", ", s_schemes.Keys.Append(DdsScheme));
            problem = uri.Scheme == "zenoh"
                ? $"zenoh:// cannot be published to: no library for Zenoh is available to this system; {known} and none are known"
                : $"the scheme '{uri.Scheme}' is not known; {known} and none are";
            return false;
        }
        problem = ProblemOf(uri);
        if (problem is not null) return false;
        var options = new OptionReader(HttpUtility.ParseQueryString(uri.Query));
        endpoint = new OutputEndpoint(text)
        {
            Scheme = uri.Scheme,
            Tls = scheme.Tls,
            Host = uri.DnsSafeHost,
            Port = uri.Port > 0 ? uri.Port : scheme.Port,
            Prefix = Uri.UnescapeDataString(uri.AbsolutePath).Trim('/'),
            Credentials = options.Text("credentials", IsName, "a name of letters, digits, '-', '_' and '.'"),
            OnFailure = options.OneOf("onFailure", EndpointFailurePolicy.Continue),
            FailAfter = TimeSpan.FromSeconds(options.Number("failAfter", 10, 1, 3600)),
            Options = scheme.Read(options),
        };
        problem = options.Problem() ?? endpoint.ProblemOfPrefix();
        return problem is null;
    }

    /// <summary>A domain is no host: everything is said by options.</summary>
    private static bool TryParseDds(string text, [NotNullWhen(true)] out OutputEndpoint? endpoint, [NotNullWhen(false)] out string? problem)
    {
        endpoint = null;
        var query = text[$"{DdsScheme}://".Length..];
        if (query.Length > 0 && (query[0] != '?' || query.Contains('#', StringComparison.Ordinal)))
        {
            problem = "a dds address has no host, port or path: dds://?domain=0&interface=eth0";
            return false;
        }
        var options = new OptionReader(HttpUtility.ParseQueryString(query));
        endpoint = new OutputEndpoint(text)
        {
            Scheme = DdsScheme,
            OnFailure = options.OneOf("onFailure", EndpointFailurePolicy.Continue),
            FailAfter = TimeSpan.FromSeconds(options.Number("failAfter", 10, 1, 3600)),
            Options = DdsEndpointOptions.Read(options),
        };
        problem = options.Problem();
        return problem is null;
    }

    private static string? ProblemOf(Uri uri)
    {
        if (uri.UserInfo.Length > 0) return "credentials do not belong into the address: credentials=<name> names those that the worker has";
        if (uri.Host.Length == 0) return "the host is missing";
        if (uri.Port == 0) return "the port must be 1–65535";
        return uri.Fragment.Length > 0 ? "what follows '#' has no meaning; write %23" : null;
    }

    private static bool IsName(string text) => text.Length is > 0 and <= 100 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private string? ProblemOfPrefix()
    {
        if (Options.ProblemOfPrefix(Prefix) is { } problem) return $"the prefix {problem}";
        return Prefix.Length > LongestOption ? $"the prefix is longer than {LongestOption} characters" : null;
    }

    private sealed record EndpointScheme(bool Tls, int Port, Func<OptionReader, EndpointOptions> Read);
}

/// <summary>What becomes of a run when an endpoint cannot be reached.</summary>
public enum EndpointFailurePolicy
{
    /// <summary>Agents play on; what they publish meanwhile is lost and counted.</summary>
    Continue,

    /// <summary>The step or group fails once the endpoint has been away for <see cref="OutputEndpoint.FailAfter"/>.</summary>
    Fail,

    /// <summary>Agents begin only once it can be reached; later on what they publish meanwhile waits in the queue, as far as that reaches.</summary>
    Wait,
}
