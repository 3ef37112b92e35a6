using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Localization;
using SimulationManager.Api.Telemetry;

namespace SimulationManager.Api.Contract;

/// <summary>Writes errors in their envelope, in the client's language.</summary>
internal static class ErrorWriter
{
    public static Task WriteAsync(HttpContext context, RefusalException refusal)
    {
        var texts = context.RequestServices.GetRequiredService<IStringLocalizer<Messages>>();
        var response = context.Response;
        response.StatusCode = refusal.StatusCode;
        ApiTelemetry.CountRefusal(refusal.StatusCode);
        response.Headers.CacheControl = "no-store";
        if (refusal.RetryAfter is { } retryAfter)
            response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return response.WriteAsJsonAsync(
            new ErrorEnvelope
            {
                StatusCode = refusal.StatusCode,
                Message = MessageOf(refusal, texts),
                Errors = refusal.Problems.Count == 0
                    ? null
                    : [.. refusal.Problems.Select(problem => new FieldError(problem.Field, texts[problem.MessageKey, problem.Arguments]))],
                TraceId = Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier,
            },
            context.RequestAborted);
    }

    /// <summary>With field errors the sentence names the first, so that a client that shows only the message still helps.</summary>
    internal static string MessageOf(RefusalException refusal, IStringLocalizer texts)
    {
        string message = texts[refusal.MessageKey, refusal.Arguments];
        if (refusal.Problems is not [var first, ..]) return message;
        return $"{message} {first.Field}: {texts[first.MessageKey, first.Arguments]}";
    }
}
