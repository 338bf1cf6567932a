# Serves Redmine on a port of this machine, and says so once it answers.
#   ruby redmine_serve.rb PORT
# in Redmine's folder, with RAILS_ENV and REDMINE_INSTANCE.

require File.expand_path("config/application", Dir.pwd)
# What is not asked for need not be loaded, and nobody reads the log.
Rails.application.config.before_initialize do |app|
  app.config.eager_load = false
  app.config.log_level = :fatal
end
require File.expand_path("config/environment", Dir.pwd)
# Bundler hides it, because Redmine does not name it.
$LOAD_PATH.concat(Gem.path.flat_map { |path| Dir["#{path}/gems/webrick-*/lib"] } + ["/usr/lib/ruby/vendor_ruby"])
require "webrick"
require "rack/handler/webrick"

options = { Host: "127.0.0.1", Port: ARGV.first, AccessLog: [], Logger: WEBrick::Log.new(File::NULL) }
started = -> { $stdout.puts("ready"); $stdout.flush }
server = nil
%w[TERM INT].each { |signal| trap(signal) { server&.shutdown } }
Rack::Handler::WEBrick.run(Rails.application, **options, StartCallback: started) { |it| server = it }
