using System.Data.Common;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A database in a PostgreSQL server; created when it is not there.</summary>
public class PostgresDatabaseResource : Resource, IResourceWithParent<PostgresServerResource>, IResourceWithConnectionString
{
    public PostgresDatabaseResource(string name, string databaseName, PostgresServerResource postgresParentResource)
        : base(name)
    {
        ArgumentException.ThrowIfNullOrEmpty(databaseName);
        ArgumentNullException.ThrowIfNull(postgresParentResource);
        (DatabaseName, Parent) = (databaseName, postgresParentResource);
    }

    public PostgresServerResource Parent { get; }

    public string DatabaseName { get; }

    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            // Quotes the name if it has to be.
            var database = new DbConnectionStringBuilder { ["Database"] = DatabaseName };
            return ReferenceExpression.Create($"{Parent};{database.ToString()}");
        }
    }

    public ReferenceExpression UriExpression => Parent.Uri(DatabaseName);

    public ReferenceExpression JdbcConnectionString => Parent.Jdbc(DatabaseName);

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties()
    {
        foreach (var (name, value) in ((IResourceWithConnectionString)Parent).GetConnectionProperties())
            yield return new(name, name switch
            {
                "Uri" => UriExpression,
                "JdbcConnectionString" => JdbcConnectionString,
                _ => value,
            });
        yield return new("DatabaseName", ReferenceExpression.Create($"{DatabaseName}"));
    }
}
