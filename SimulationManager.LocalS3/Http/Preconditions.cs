using SimulationManager.LocalS3.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace SimulationManager.LocalS3.Http;

/// <summary>Conditional requests (RFC 9110, section 13), as S3 applies them to reading, copying and writing.</summary>
internal static class Preconditions
{
    /// <summary>The precedence is RFC 9110's: an entity tag outranks a date.</summary>
    /// <exception cref="S3Error">412, or 304 when reading would give nothing new.</exception>
    public static void CheckRead(IHeaderDictionary headers, StoredObject stored, string prefix = "")
    {
        if (Value(headers, prefix + "If-Match") is { } match)
        {
            if (!Matches(match, stored.ETag))
                throw S3Error.PreconditionFailed();
        }
        else if (Date(headers, prefix + "If-Unmodified-Since") is { } unmodified && stored.LastModified > unmodified)
        {
            throw S3Error.PreconditionFailed();
        }

        var isUnchanged = Value(headers, prefix + "If-None-Match") is { } none
            ? Matches(none, stored.ETag)
            : Date(headers, prefix + "If-Modified-Since") is { } modified && stored.LastModified <= modified;
        if (isUnchanged)
            throw prefix.Length > 0 ? S3Error.PreconditionFailed() : new S3Error(StatusCodes.Status304NotModified, "NotModified", "Not modified.");
    }

    public static PutCondition ForWrite(IHeaderDictionary headers)
    {
        var none = Value(headers, "If-None-Match");
        if (none is not null && none.Trim() != "*")
            throw S3Error.NotImplemented("If-None-Match with an entity tag on a write");
        return new PutCondition(none is not null, Value(headers, "If-Match")?.Trim().Trim('"'));
    }

    private static bool Matches(string list, string etag) =>
        list.Split(',').Select(each => each.Trim().Replace("W/", "", StringComparison.Ordinal).Trim('"')).Any(each => each == "*" || each == etag);

    private static string? Value(IHeaderDictionary headers, string name) => headers[name].ToString() is { Length: > 0 } value ? value : null;

    private static DateTimeOffset? Date(IHeaderDictionary headers, string name) =>
        Value(headers, name) is { } text && HeaderUtilities.TryParseDate(text, out var date) ? date : null;
}
