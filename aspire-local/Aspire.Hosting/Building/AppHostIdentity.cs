using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting;

/// <summary>Which AppHost this is: by its assembly, and by where its project is on this machine.</summary>
internal sealed class AppHostIdentity
{
    /// <summary>Setting that holds the hash in hex.</summary>
    public const string HashKey = "AppHost:Sha256";

    /// <summary>Number of its digits that names carry.</summary>
    public const int HashLength = 10;

    private AppHostIdentity(Assembly? assembly, string directory, string projectFileName)
    {
        (Assembly, Directory, ProjectFileName) = (assembly, directory, projectFileName);
    }

    public Assembly? Assembly { get; }

    public string Directory { get; }

    /// <summary>With extension; a stand-in if the assembly has no metadata.</summary>
    public string ProjectFileName { get; }

    public string? UserSecretsId => Assembly?.GetCustomAttribute<UserSecretsIdAttribute>()?.UserSecretsId;

    public static AppHostIdentity Find(DistributedApplicationOptions options)
    {
        var assembly = options.AssemblyName is { Length: > 0 } name ? Assembly.Load(name) : Assembly.GetEntryAssembly();
        var directory = options.ProjectDirectory ?? Metadata(assembly, "AppHostProjectPath") ?? System.IO.Directory.GetCurrentDirectory();
        var file = Metadata(assembly, "AppHostProjectName") ?? $"{assembly?.GetName().Name ?? "AppHost"}.csproj";
        return new(assembly, Path.GetFullPath(directory), file);
    }

    /// <summary>Hex digits that tell this AppHost apart: by name only when publishing, so that the manifest is the same on every machine.</summary>
    public string Hash(DistributedApplicationExecutionContext context)
    {
        var text = context.IsPublishMode ? ProjectFileName : Path.Join(Directory, ProjectFileName).ToLowerInvariant();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The build output of a referenced project, as the build of the AppHost recorded it; null if it did not.</summary>
    public string? TargetPathOf(string projectPath) => Metadata(Assembly, $"AspireLocalTargetPath:{Path.GetFullPath(projectPath)}");

    private static string? Metadata(Assembly? assembly, string key) => assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(attribute => string.Equals(attribute.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
}
