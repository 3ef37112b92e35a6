using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimulationManager.Api.OpenApi;

/// <summary>An <c>.http</c> file for editors: every operation, ready to be sent.</summary>
internal static class HttpFile
{
    private const string Boundary = "template-form";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(JsonNode document)
    {
        var operations = DocumentedOperation.Of(document).ToList();
        var text = new StringBuilder("# Generated from the OpenAPI document; see docs/api.md.\n# Send SignIn first: the others use its token.\n\n@host = http://localhost:8000\n");
        foreach (var name in operations.SelectMany(operation => operation.PathParameters).Distinct()) text.Append('@').Append(name).Append(" = 1\n");
        foreach (var operation in operations) Write(text, operation);
        return text.ToString();
    }

    private static void Write(StringBuilder text, DocumentedOperation operation)
    {
        text.Append("\n### ").Append(operation.Summary).Append("\n# @name ").Append(operation.Id).Append('\n');
        text.Append(operation.Method).Append(" {{host}}").Append(operation.Path.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal)).Append('\n');
        if (operation.NeedsToken) text.Append("Authorization: Bearer {{SignIn.response.body.$.data.accessToken}}\n");
        if (operation.JsonExample is { } body) text.Append("Content-Type: application/json\n\n").Append(body.ToJsonString(Indented).ReplaceLineEndings("\n")).Append('\n');
        if (operation.FormFields is { } fields) WriteForm(text, fields);
    }

    private static void WriteForm(StringBuilder text, JsonObject fields)
    {
        text.Append("Content-Type: multipart/form-data; boundary=").Append(Boundary).Append("\n\n");
        foreach (var (name, schema) in fields)
        {
            text.Append("--").Append(Boundary).Append("\nContent-Disposition: form-data; name=\"").Append(name).Append('"');
            var isFile = (string?)schema!["format"] == "binary" || (string?)schema["type"] == "array";
            var file = name == "metadata_file" ? "metadata.yaml" : "bag_0.db3";
            text.Append(isFile ? $"; filename=\"{file}\"\n\n< ./{file}\n" : $"\n\n{name}\n");
        }

        text.Append("--").Append(Boundary).Append("--\n");
    }
}
