using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimulationManager.Api.OpenApi;

/// <summary>A Postman collection (format 2.1): a folder per tag; signing in puts the token where all other requests take it from.</summary>
internal static class PostmanCollection
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Of(JsonNode document) => new()
    {
        ["info"] = new JsonObject
        {
            ["name"] = (string)document["info"]!["title"]!,
            ["description"] = (string)document["info"]!["description"]!,
            ["schema"] = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        ["auth"] = new JsonObject
        {
            ["type"] = "bearer",
            ["bearer"] = new JsonArray(new JsonObject { ["key"] = "token", ["value"] = "{{accessToken}}", ["type"] = "string" }),
        },
        ["variable"] = new JsonArray(Variable("baseUrl", "http://localhost:8000"), Variable("accessToken", "")),
        ["item"] = new JsonArray([.. DocumentedOperation.Of(document).GroupBy(operation => operation.Tag).Select(FolderOf)]),
    };

    private static JsonObject FolderOf(IGrouping<string, DocumentedOperation> tag) =>
        new() { ["name"] = tag.Key, ["item"] = new JsonArray([.. tag.Select(RequestOf)]) };

    private static JsonObject RequestOf(DocumentedOperation operation)
    {
        var request = new JsonObject { ["method"] = operation.Method, ["header"] = new JsonArray(), ["url"] = UrlOf(operation) };
        if (!operation.NeedsToken) request["auth"] = new JsonObject { ["type"] = "noauth" };
        if (BodyOf(operation) is { } body) request["body"] = body;
        var item = new JsonObject { ["name"] = operation.Summary };
        if (operation.Id is "SignIn" or "Refresh") item["event"] = new JsonArray(KeepToken());
        item["request"] = request;
        return item;
    }

    private static JsonObject UrlOf(DocumentedOperation operation)
    {
        var path = operation.Path.Replace("{", ":", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
        var url = new JsonObject
        {
            ["raw"] = "{{baseUrl}}" + path,
            ["host"] = new JsonArray("{{baseUrl}}"),
            ["path"] = new JsonArray([.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(part => (JsonNode)part)]),
        };
        var variables = operation.PathParameters.Select(JsonNode (name) => Variable(name, "1")).ToArray();
        if (variables.Length > 0) url["variable"] = new JsonArray(variables);
        var query = operation.QueryParameters
            .Select(parameter => (JsonNode)new JsonObject { ["key"] = (string)parameter["name"]!, ["value"] = "", ["disabled"] = true }).ToArray();
        if (query.Length > 0) url["query"] = new JsonArray(query);
        return url;
    }

    private static JsonObject? BodyOf(DocumentedOperation operation)
    {
        if (operation.JsonExample is { } example)
        {
            return new JsonObject
            {
                ["mode"] = "raw",
                ["raw"] = example.ToJsonString(Indented).ReplaceLineEndings("\n"),
                ["options"] = new JsonObject { ["raw"] = new JsonObject { ["language"] = "json" } },
            };
        }

        if (operation.FormFields is not { } fields) return null;
        var form = fields.Select(field => (JsonNode)((string?)field.Value!["format"] == "binary" || (string?)field.Value["type"] == "array"
            ? new JsonObject { ["key"] = field.Key, ["type"] = "file", ["src"] = new JsonArray() }
            : new JsonObject { ["key"] = field.Key, ["type"] = "text", ["value"] = field.Key }));
        return new JsonObject { ["mode"] = "formdata", ["formdata"] = new JsonArray([.. form]) };
    }

    private static JsonObject KeepToken() => new JsonObject
    {
        ["listen"] = "test",
        ["script"] = new JsonObject
        {
            ["type"] = "text/javascript",
            ["exec"] = new JsonArray("pm.collectionVariables.set('accessToken', pm.response.json().data.accessToken);"),
        },
    };

    private static JsonObject Variable(string key, string value) => new JsonObject { ["key"] = key, ["value"] = value };
}
