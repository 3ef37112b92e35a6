using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;

namespace SimulationManager.Api.OpenApi;

/// <summary>The OpenAPI document and what is made of it, as files: <c>--write-api-document FOLDER</c>.</summary>
internal static class DocumentFiles
{
    public const string Switch = "--write-api-document";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The files by their names.</summary>
    /// <param name="document">The OpenAPI document.</param>
    public static IReadOnlyDictionary<string, string> Of(JsonNode document) => new Dictionary<string, string>
    {
        ["SimulationManager.Api.json"] = Format(document),
        ["SimulationManager.Api.http"] = HttpFile.Of(document),
        ["SimulationManager.Api.postman_collection.json"] = Format(PostmanCollection.Of(document)),
    };

    /// <summary>The folder that the switch names; null when the document is not asked for.</summary>
    public static string? FolderIn(string[] arguments) =>
        Array.IndexOf(arguments, Switch) is >= 0 and var index && index + 1 < arguments.Length ? arguments[index + 1] : null;

    /// <summary>For the document no server is needed: the endpoints alone say it.</summary>
    public static void ConnectNowhere(this WebApplicationBuilder builder) => builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["ConnectionStrings:robotdb"] = "Host=localhost;Username=none;Password=none;Database=none",
        ["ConnectionStrings:redis"] = "localhost:1,abortConnect=false",
        ["ConnectionStrings:minio"] = "Endpoint=http://localhost:1;AccessKey=none;SecretKey=none-at-all",
    });

    /// <summary>Nor is anything done or listened for beside it.</summary>
    public static void ListenNowhere(this WebApplicationBuilder builder)
    {
        builder.Services.RemoveAll<IHostedService>();
        builder.Services.Replace(ServiceDescriptor.Singleton<IServer, SilentServer>());
    }

    /// <summary>Writes all files into a folder.</summary>
    public static async Task WriteAsync(WebApplication app, string folder)
    {
        await app.StartAsync();
        var document = await app.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(ApiDocument.Name).GetOpenApiDocumentAsync();
        var json = JsonNode.Parse(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1))!;
        foreach (var (name, text) in Of(json)) await File.WriteAllTextAsync(Path.Combine(folder, name), text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        await app.StopAsync();
    }

    private static string Format(JsonNode json) => json.ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";

    private sealed class SilentServer : IServer
    {
        public IFeatureCollection Features { get; } = new FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
