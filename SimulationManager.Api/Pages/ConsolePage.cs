using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using SimulationManager.Core.Storage;

namespace SimulationManager.Api.Pages;

/// <summary>The console's one page. It leads to the files of its version, so that it is asked for anew each time while they are kept for good.</summary>
internal sealed partial class ConsolePage
{
    private const string FileName = "index.html";

    /// <summary>What is at these addresses answers for itself when something there is not found.</summary>
    private static readonly string[] s_notOfTheConsole = ["/api", "/openapi", "/docs", "/health", "/alive", "/metrics"];

    private readonly byte[] _page;
    private readonly string _tag;
    private readonly string _policy;

    public ConsolePage(IWebHostEnvironment environment, IConfiguration configuration, ILogger<ConsolePage> logger)
    {
        var file = environment.WebRootFileProvider.GetFileInfo(FileName);
        if (!file.Exists) LogMissing(logger, FileName, environment.ContentRootPath);
        _page = file.Exists ? Read(file) : [];
        _tag = $"\"{Base64Url.EncodeToString(SHA256.HashData(_page))}\"";
        _policy = PolicyOf(StorageOf(configuration));
    }

    /// <summary>Whether the console has the address that is asked for: all that nothing else has.</summary>
    public static bool IsAt(HttpContext context)
    {
        var path = context.Request.Path;
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method)) return false;
        // The page has headers of its own, also by its file's name.
        if (path == "/" + FileName) return true;
        return context.GetEndpoint() is null && !Array.Exists(s_notOfTheConsole, other => path.StartsWithSegments(other, StringComparison.OrdinalIgnoreCase));
    }

    public async Task SendAsync(HttpContext context)
    {
        var response = context.Response;
        // What has an ending is a file, and all files that there are have addresses of their own.
        if (_page.Length == 0 || (Path.HasExtension(context.Request.Path.Value) && context.Request.Path != "/" + FileName))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        response.Headers.CacheControl = "no-cache";
        response.Headers.ETag = _tag;
        response.Headers.ContentSecurityPolicy = _policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "same-origin";
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(EntityTagHeaderValue.Parse(_tag), useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = _page.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(_page, context.RequestAborted);
    }

    /// <summary>
    /// Scripts are ours alone and never inline; the runtime compiles WebAssembly, components write style attributes. Uploads go to the object storage directly.
    /// </summary>
    private static string PolicyOf(string storage) =>
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + $"connect-src 'self' {storage}; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>Where browsers reach the object storage.</summary>
    private static string StorageOf(IConfiguration configuration)
    {
        if (configuration.GetConnectionString(Hosting.BackingServices.Storage) is null) return "";
        var connection = S3Connection.Read(configuration, Hosting.BackingServices.Storage);
        var endpoint = configuration["Storage:PublicEndpoint"] is { Length: > 0 } address ? new Uri(address) : connection.Endpoint;
        return endpoint.GetLeftPart(UriPartial.Authority);
    }

    private static byte[] Read(Microsoft.Extensions.FileProviders.IFileInfo file)
    {
        using var stream = file.CreateReadStream();
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    [LoggerMessage(951, LogLevel.Warning, "There is no {File} in wwwroot of {Folder}: the API works, the web console does not. Start the program in the folder that it was published to.")]
    private static partial void LogMissing(ILogger logger, string file, string folder);
}
