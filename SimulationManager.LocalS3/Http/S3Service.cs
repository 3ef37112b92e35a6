using SimulationManager.LocalS3.Signing;
using SimulationManager.LocalS3.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SimulationManager.LocalS3.Http;

/// <summary>Takes a request to the operation that it asks for, in path style (<c>/bucket/key</c>).</summary>
internal sealed partial class S3Service(S3ServerOptions options, BucketStore store, TimeProvider clock, ILogger<S3Service> logger)
{
    private readonly RequestAuthenticator _authenticator = new(options, clock);
    private readonly BucketOperations _buckets = new(store);
    private readonly ListOperations _lists = new(store, options.AccessKey);
    private readonly ObjectOperations _objects = new(store);
    private readonly MultipartOperations _uploads = new(store, new ObjectOperations(store));

    public async Task ServeAsync(HttpContext context)
    {
        context.Response.Headers["x-amz-request-id"] = context.TraceIdentifier;
        CrossOrigin.AddTo(context);
        try
        {
            if (context.Request.Path.StartsWithSegments("/minio/health"))
                return;
            if (HttpMethods.IsOptions(context.Request.Method))
                return;
            await RouteAsync(context).ConfigureAwait(false);
        }
        catch (S3Error error) when (!context.Response.HasStarted)
        {
            await XmlAnswer.WriteErrorAsync(context, error).ConfigureAwait(false);
        }
        catch (Exception gone) when (context.RequestAborted.IsCancellationRequested || gone is BadHttpRequestException)
        {
            // The client went away, or sent less than it promised: there is nobody to answer.
            context.Abort();
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            LogFailure(failure, context.Request.Method, context.Request.Path);
            await XmlAnswer.WriteErrorAsync(context, new S3Error(500, "InternalError", "We encountered an internal error. Please try again.")).ConfigureAwait(false);
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        var target = RequestTarget.Of(context.Request);
        var verified = _authenticator.Verify(context.Request, target);
        await using var body = new RequestBody(context.Request, verified);
        if (target.Bucket.Length == 0)
            await RouteServiceAsync(context).ConfigureAwait(false);
        else if (target.Key.Length == 0)
            await RouteBucketAsync(context, target, body).ConfigureAwait(false);
        else
            await RouteObjectAsync(context, target, body).ConfigureAwait(false);
    }

    private Task RouteServiceAsync(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) ? _buckets.ListAllAsync(context, options.AccessKey) : throw S3Error.MethodNotAllowed();

    private Task RouteBucketAsync(HttpContext context, RequestTarget target, RequestBody body)
    {
        var setting = BucketOperations.Settings.FirstOrDefault(target.Has);
        switch (context.Request.Method)
        {
            case "GET" when setting is not null:
                return _buckets.ReadSettingAsync(context, target, setting);
            case "GET" when target.Has("uploads"):
                return _lists.ListUploadsAsync(context, target);
            case "GET" when target.Has("versions"):
                return _lists.ListVersionsAsync(context, target);
            case "GET":
                return _lists.ListAsync(context, target);
            case "POST" when target.Has("delete"):
                return _buckets.DeleteManyAsync(context, target, body);
            case "HEAD":
                _buckets.Head(context, target);
                return Task.CompletedTask;
            case "PUT" or "DELETE" when setting is not null:
                throw S3Error.NotImplemented($"changing the bucket setting '{setting}'");
            case "PUT":
                _buckets.Create(context, target);
                return Task.CompletedTask;
            case "DELETE":
                _buckets.Delete(context, target);
                return Task.CompletedTask;
            default:
                throw S3Error.MethodNotAllowed();
        }
    }

    private Task RouteObjectAsync(HttpContext context, RequestTarget target, RequestBody body)
    {
        if (UnknownAspects.FirstOrDefault(target.Has) is { } aspect)
            throw S3Error.NotImplemented($"'{aspect}' of objects");
        var isCopy = context.Request.Headers.ContainsKey("x-amz-copy-source");
        switch (context.Request.Method)
        {
            case "GET" when target.Has("uploadId"):
                return _uploads.ListPartsAsync(context, target, options.AccessKey);
            case "GET":
                return _objects.GetAsync(context, target);
            case "HEAD":
                _objects.Head(context, target);
                return Task.CompletedTask;
            case "PUT" when target.Has("uploadId"):
                return isCopy ? _uploads.CopyPartAsync(context, target) : _uploads.PutPartAsync(context, target, body);
            case "PUT":
                return isCopy ? _objects.CopyAsync(context, target) : _objects.PutAsync(context, target, body);
            case "POST" when target.Has("uploads"):
                return _uploads.BeginAsync(context, target);
            case "POST" when target.Has("uploadId"):
                return _uploads.CompleteAsync(context, target, body);
            case "DELETE" when target.Has("uploadId"):
                _uploads.Abort(context, target);
                return Task.CompletedTask;
            case "DELETE":
                _objects.Delete(context, target);
                return Task.CompletedTask;
            default:
                throw S3Error.MethodNotAllowed();
        }
    }

    private static readonly string[] UnknownAspects = ["acl", "tagging", "retention", "legal-hold", "torrent", "select", "restore", "attributes"];

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailure(Exception failure, string method, string path);
}
