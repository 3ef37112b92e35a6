using Microsoft.AspNetCore.Connections;

namespace SimulationManager.Api.Contract;

/// <summary>
/// Gives every failure under <c>/api</c> its envelope: refusals, what the framework refuses with an empty body, and exceptions,
/// whose text stays in the log.
/// </summary>
internal sealed partial class FailureMiddleware(RequestDelegate next, ILogger<FailureMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (IsEmptyError(context)) await ErrorWriter.WriteAsync(context, FrameworkRefusal.Of(context));
        }
        catch (Exception exception) when (IsClientGone(context, exception))
        {
            LogClientGone(logger, context.Request.Path);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            var refusal = ExceptionRefusal.Of(exception);
            Log(context, exception, refusal);
            context.Response.Clear();
            await ErrorWriter.WriteAsync(context, refusal);
        }
    }

    private void Log(HttpContext context, Exception exception, RefusalException refusal)
    {
        switch (refusal.StatusCode)
        {
            case StatusCodes.Status500InternalServerError:
                LogFailed(logger, exception, context.Request.Method, context.Request.Path);
                break;
            case StatusCodes.Status503ServiceUnavailable:
                LogUnavailable(logger, exception, context.Request.Method, context.Request.Path);
                break;
        }
    }

    private static bool IsEmptyError(HttpContext context) =>
        context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null or 0 }
        && context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase);

    private static bool IsClientGone(HttpContext context, Exception exception) =>
        context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or ConnectionResetException;

    [LoggerMessage(201, LogLevel.Error, "{Method} {Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string method, PathString path);

    [LoggerMessage(202, LogLevel.Warning, "{Method} {Path}: a backing service did not answer")]
    private static partial void LogUnavailable(ILogger logger, Exception exception, string method, PathString path);

    [LoggerMessage(203, LogLevel.Debug, "The client left {Path} before the answer")]
    private static partial void LogClientGone(ILogger logger, PathString path);
}

/// <summary>What the framework refuses by status alone, in our words.</summary>
internal static class FrameworkRefusal
{
    public static RefusalException Of(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Refuse.NotFound(Messages.RouteNotFound, context.Request.Method, context.Request.Path.Value ?? ""),
        var status => new RefusalException(status, KeyOf(status)),
    };

    /// <summary>The message for a bare status.</summary>
    public static string KeyOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => Messages.RequestNotValid,
        StatusCodes.Status401Unauthorized => Messages.TokenMissing,
        StatusCodes.Status403Forbidden => Messages.RoleNotAllowed,
        StatusCodes.Status405MethodNotAllowed => Messages.MethodNotAllowed,
        StatusCodes.Status408RequestTimeout => Messages.RequestTooSlow,
        StatusCodes.Status413PayloadTooLarge => Messages.BodyTooLarge,
        StatusCodes.Status415UnsupportedMediaType => Messages.ContentTypeNotSupported,
        StatusCodes.Status503ServiceUnavailable => Messages.ServiceUnavailable,
        >= 500 => Messages.Unexpected,
        _ => Messages.RequestNotValid,
    };
}
