using System.Net.Http.Headers;
using System.Text;

namespace SimulationManager.Tests.Api;

/// <summary>Multipart forms of templates.</summary>
internal sealed class TestBundle
{
    private readonly MultipartFormDataContent _form = [];

    /// <summary>File names go as browsers and curl send them: UTF-8 as it is.</summary>
    public TestBundle() => _form.HeaderEncodingSelector = (_, _) => Encoding.UTF8;

    public static string Folder(string bag) => Path.Combine(AppContext.BaseDirectory, "Data", "bags", bag);

    /// <summary>The turtlesim recording with all its fields.</summary>
    public static TestBundle Turtle(string name) => new TestBundle()
        .Field("name", name).Field("type", "turtlesim").Field("description", "driven by hand").Field("topics", "/turtle1/cmd_vel")
        .File("metadata_file", Path.Combine(Folder("turtlesim_cmd_vel"), "metadata.yaml"))
        .File("db_file", Db3("turtlesim_cmd_vel"));

    /// <summary>Only name, type and description.</summary>
    public static TestBundle Named(string name) => new TestBundle().Field("name", name).Field("type", "robot").Field("description", "a robot");

    public static string Db3(string bag) => Directory.EnumerateFiles(Folder(bag), "*.db3").Single();

    public TestBundle Field(string name, string value)
    {
        _form.Add(new StringContent(value), name);
        return this;
    }

    public TestBundle File(string field, string path, string? fileName = null) => File(field, System.IO.File.ReadAllBytes(path), fileName ?? Path.GetFileName(path));

    public TestBundle File(string field, byte[] bytes, string fileName)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"{field}\"; filename=\"{fileName}\"");
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        _form.Add(content);
        return this;
    }

    public TestBundle Text(string field, string text, string fileName) => File(field, Encoding.UTF8.GetBytes(text), fileName);

    public HttpContent Form => _form;

    /// <summary>A new turtlesim template; returns its id.</summary>
    public static async Task<long> UploadAsync(ApiClient client, string? name = null)
    {
        var answer = await client.PostAsync("/api/template", Turtle(name ?? $"turtle {Guid.NewGuid():N}").Form);
        return (long)answer.Expect(System.Net.HttpStatusCode.Created).Data["templateId"]!;
    }

    /// <summary>A new template of the bag in a folder, with all its topics; returns its id.</summary>
    public static async Task<long> UploadAsync(ApiClient client, string folder, string name)
    {
        var bundle = Named(name);
        foreach (var path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            bundle.File(Path.GetFileName(path) == "metadata.yaml" ? "metadata_file" : "db_file", path);
        return (long)(await client.PostAsync("/api/template", bundle.Form)).Expect(System.Net.HttpStatusCode.Created).Data["templateId"]!;
    }
}
