using SimulationManager.LocalS3.Signing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SimulationManager.LocalS3.Http;

/// <summary>
/// Bucket, key and query exactly as sent. ASP.NET's own path is unusable here: it removes <c>..</c> segments, which are part of a key.
/// </summary>
internal sealed record RequestTarget(string Path, string Bucket, string Key, IReadOnlyList<KeyValuePair<string, string>> Query)
{
    public static RequestTarget Of(HttpRequest request)
    {
        var raw = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!raw.StartsWith('/') && Uri.TryCreate(raw, UriKind.Absolute, out var absolute))
            raw = absolute.PathAndQuery;
        var mark = raw.IndexOf('?', StringComparison.Ordinal);
        var path = UriEncoding.Decode(mark < 0 ? raw : raw[..mark], plusIsSpace: false);
        var rest = path.TrimStart('/').Length == 0 ? "" : path[1..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return new RequestTarget(
            path,
            slash < 0 ? rest : rest[..slash],
            slash < 0 ? "" : rest[(slash + 1)..],
            mark < 0 ? [] : ParseQuery(raw[(mark + 1)..]));
    }

    public bool Has(string name) => Query.Any(pair => pair.Key == name);

    public string? Value(string name) => Query.FirstOrDefault(pair => pair.Key == name).Value;

    private static List<KeyValuePair<string, string>> ParseQuery(string query) =>
        [.. query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Select(pair => KeyValuePair.Create(
            UriEncoding.Decode(pair[0], plusIsSpace: true), pair.Length > 1 ? UriEncoding.Decode(pair[1], plusIsSpace: true) : ""))];
}
