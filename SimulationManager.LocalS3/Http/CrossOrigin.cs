using Microsoft.AspNetCore.Http;

namespace SimulationManager.LocalS3.Http;

/// <summary>Lets pages of any origin use presigned URLs: the signature is what grants access, never a cookie.</summary>
internal static class CrossOrigin
{
    public static void AddTo(HttpContext context)
    {
        if (context.Request.Headers.Origin.Count == 0)
            return;
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = context.Request.Headers.Origin;
        headers.Vary = "Origin";
        headers.AccessControlExposeHeaders = "ETag, Content-Length, Content-Range, Content-Type, Last-Modified, Accept-Ranges, x-amz-request-id";
        if (!HttpMethods.IsOptions(context.Request.Method))
            return;
        headers.AccessControlAllowMethods = "GET, HEAD, PUT, POST, DELETE";
        headers.AccessControlAllowHeaders = context.Request.Headers.AccessControlRequestHeaders;
        headers.AccessControlMaxAge = "3600";
    }
}
